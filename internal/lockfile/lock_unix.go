//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package lockfile

import (
	"os"

	"golang.org/x/sys/unix"
)

// held locks f, or tells that it is locked.
func held(f *os.File) bool {
	for {
		switch unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB) {
		case unix.EWOULDBLOCK:
			return true
		case unix.EINTR:
			continue
		}
		return false
	}
}
