/* spawner N PROGRAM ARG: the floor of a manager. It starts N copies, and on
   SIGTERM signals each and waits for each. */
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>

extern char **environ;

int main(int argc, char **argv)
{
	if (argc < 4)
		return 2;
	int n = atoi(argv[1]);
	pid_t *pids = calloc(n, sizeof *pids);
	char *child[] = { argv[2], argv[3], NULL };

	/* Blocked here from the start, so that an early TERM is not lost; the
	   children begin with an empty mask. */
	sigset_t term, none;
	sigemptyset(&none);
	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	sigprocmask(SIG_BLOCK, &term, NULL);
	posix_spawnattr_t attr;
	posix_spawnattr_init(&attr);
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK);

	for (int i = 0; i < n; i++)
		if (posix_spawn(&pids[i], argv[2], NULL, &attr, child, environ) != 0)
			return 1;
	int got;
	sigwait(&term, &got);
	for (int i = 0; i < n; i++)
		kill(pids[i], SIGTERM);
	for (int i = 0; i < n; i++)
		waitpid(pids[i], NULL, 0);
	return 0;
}
