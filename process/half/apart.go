package half

import (
	"os"
	"syscall"
)

// apartVar tells a front that StartApart has started it.
const apartVar = "GANGER_APART"

// inherited bounds the descriptors that a shell may have left open for us; it
// chooses low numbers.
const inherited = 1024

// StartApart starts this program once more, with these arguments and apart from
// whoever started us: in a session of its own, with no input and nothing open
// that we have. What it says on stderr goes to errs, the rest nowhere.
func StartApart(args []string, errs *os.File) (*os.Process, error) {
	self, err := ourselves()
	if err != nil {
		return nil, err
	}
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	defer null.Close()
	for fd := 3; fd < inherited; fd++ {
		syscall.CloseOnExec(fd)
	}
	return os.StartProcess(self, append([]string{os.Args[0]}, args...), &os.ProcAttr{
		Env:   append(os.Environ(), apartVar+"=1"),
		Files: []*os.File{null, null, errs},
		Sys:   &syscall.SysProcAttr{Setsid: true},
	})
}

// apart is said by the environment, and not to our children.
var apart = takeApart()

func takeApart() bool {
	_, is := os.LookupEnv(apartVar)
	if is {
		os.Unsetenv(apartVar)
	}
	return is
}

// Apart reports whether StartApart has started this process.
func Apart() bool { return apart }
