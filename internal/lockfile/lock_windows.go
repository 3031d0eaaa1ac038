package lockfile

import (
	"os"

	"golang.org/x/sys/windows"
)

// held locks f, or tells that it is locked.
func held(f *os.File) bool {
	const flags = windows.LOCKFILE_EXCLUSIVE_LOCK | windows.LOCKFILE_FAIL_IMMEDIATELY
	beyond := &windows.Overlapped{OffsetHigh: 1} // of what the file holds, which others may read
	return windows.LockFileEx(windows.Handle(f.Fd()), flags, 0, 1, 0, beyond) == windows.ERROR_LOCK_VIOLATION
}
