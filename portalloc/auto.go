package portalloc

import "fmt"

// autoStep is the distance between the bases that Auto tries.
const autoStep = 500

// Auto is the first of the bases 5000, 5500, 6500, ... at which every process
// has a port that is free and that browsers open. Bases that browsers refuse,
// such as 6000, are not tried.
//
// claims returns what the processes would have with a base; its error, like a
// clash among them, makes Auto go on to the next base. A fixed claim does not
// move with the base, so it need not be free. The error, where no base will do,
// is the one of the first base or an [*Error].
func Auto(free func(port int) bool, claims func(base int) ([]Claim, error)) (int, error) {
	var firstErr error
	possible := false
	for base := DefaultBase; base <= lastPort; base += autoStep {
		if Refused(base) {
			continue
		}
		wanted, err := claims(base)
		if err == nil {
			err = Clashes(wanted)
		}
		if err != nil {
			if firstErr == nil {
				firstErr = err
			}
			continue
		}
		possible = true
		if usable(wanted, free) {
			return base, nil
		}
	}
	if !possible {
		return 0, firstErr
	}
	return 0, &Error{
		Problem: fmt.Sprintf("no base port from %d up has all its ports free", DefaultBase),
		Hint:    "choose a base port with -p",
	}
}

func usable(claims []Claim, free func(port int) bool) bool {
	for _, c := range claims {
		if c.Port == 0 || c.Fixed {
			continue
		}
		if Refused(c.Port) || !free(c.Port) {
			return false
		}
	}
	return true
}

// Refused reports whether browsers refuse to open a URL with this port: the
// "bad ports" of the WHATWG Fetch standard, section "Port blocking".
func Refused(port int) bool {
	switch port {
	case 0, 1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53,
		69, 77, 79, 87, 95, 101, 102, 103, 104, 109, 110, 111, 113, 115, 117,
		119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465, 512, 513, 514,
		515, 526, 530, 531, 532, 540, 548, 554, 556, 563, 587, 601, 636, 989,
		990, 993, 995, 1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061,
		6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080:
		return true
	}
	return false
}
