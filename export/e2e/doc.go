// Package e2e runs exported apps in the real engines:
//
//	go test -tags e2e -v ./export/e2e -run /supervisord
//
// The engines are brought up and down by a program called engines on PATH, or
// the one that GANGER_ENGINES names. Without it supervisord, runit and s6 are
// started by the tests, where they are installed, and the others are skipped.
// It knows these commands, NAME being systemd, supervisord, runit, s6, docker,
// kubernetes or nomad:
//
//	engines up NAME        starts it, empty, and returns when it answers
//	engines env NAME       prints what to eval in a shell to use it
//	engines image FILE...  makes the image app:dev with these programs and a
//	                       /bin/sh, working folder /app, where images are used
//	engines down NAME      ends what runs in it, and it
//
// What env has to set: SYSTEMD_ROOT, and on PATH insystemd and insystemd-net,
// which run a command in that system and in its network; SUPERVISOR_CONF_D;
// SVDIR; S6_SCANDIR; DOCKER_HOST; KUBECONFIG; NOMAD_ADDR; and a PATH with each
// one's programs. The tests need root.
package e2e
