package lockfile

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// Name is that of the file in the folder by which it is locked. It stays: were it
// removed, two programs could hold a lock each on files of this name.
const Name = ".lock"

// ErrHeld tells that the folder is locked, by this program or another.
var ErrHeld = errors.New("another run is at work there")

// Take locks a folder that exists until release is called. It returns ErrHeld,
// wrapped with the folder's name and the process that holds it, if the folder is
// locked already, and another error if the file cannot be made. Where the file system
// knows no locks, nothing is locked.
func Take(dir string) (release func(), err error) {
	f, err := os.OpenFile(filepath.Join(dir, Name), os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return nil, err
	}
	if held(f) {
		defer f.Close()
		var process int
		if _, err := fmt.Fscan(f, &process); err != nil {
			return nil, fmt.Errorf("%s: %w", dir, ErrHeld)
		}
		return nil, fmt.Errorf("%s: %w, process %d", dir, ErrHeld, process)
	}
	if f.Truncate(0) == nil { // a hint for those who come; without it the lock holds too
		fmt.Fprintln(f, os.Getpid())
	}
	return func() { f.Close() }, nil // and with the file the lock
}
