/*
 * Preloaded: memory for camera buffers on kernels without dma-buf heaps.
 *
 * An allocation from a heap becomes an anonymous file in memory, which can be mapped as a dma-buf can. The heaps
 * themselves are empty files in /dev/dma_heap, which libcamera and picamera2 open. Requests from linux/dma-heap.h and
 * linux/dma-buf.h; all others go to the kernel.
 */
#define _GNU_SOURCE
#include <linux/dma-buf.h>
#include <linux/dma-heap.h>
#include <stdarg.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

static int allocate(struct dma_heap_allocation_data *wanted)
{
	int fd = memfd_create("dma-heap", MFD_CLOEXEC);

	if (fd < 0)
		return -1;
	if (ftruncate(fd, (off_t)wanted->len) != 0) {
		close(fd);
		return -1;
	}
	wanted->fd = (unsigned int)fd;
	return 0;
}

int ioctl(int fd, unsigned long request, ...)
{
	va_list arguments;
	void *argument;

	va_start(arguments, request);
	argument = va_arg(arguments, void *);
	va_end(arguments);
	switch (request) {
	case DMA_HEAP_IOCTL_ALLOC:
		return allocate(argument);
	case DMA_BUF_SET_NAME_A:
	case DMA_BUF_SET_NAME_B:
	case DMA_BUF_IOCTL_SYNC:
		return 0;
	default:
		return (int)syscall(SYS_ioctl, fd, request, argument);
	}
}
