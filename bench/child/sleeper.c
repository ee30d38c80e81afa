/* sleeper FIFO: says when its first instruction ran, then waits to be ended.
   The pipe stays open: its end of file tells that the last sleeper is gone. */
#include <fcntl.h>
#include <stdint.h>
#include <time.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	int64_t report[2] = { getpid(), now.tv_sec * INT64_C(1000000000) + now.tv_nsec };

	if (argc < 2)
		return 2;
	int fifo = open(argv[1], O_WRONLY);
	if (fifo < 0 || write(fifo, report, sizeof report) != sizeof report)
		return 1;
	for (;;)
		pause();
}
