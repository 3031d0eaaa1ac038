package lockfile_test

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sshn-go/sshn/internal/lockfile"
)

// locks tells whether this system has them.
func locks(t *testing.T) {
	switch runtime.GOOS {
	case "darwin", "dragonfly", "freebsd", "linux", "netbsd", "openbsd", "windows":
	default:
		t.Skipf("%s has no locks that this package knows", runtime.GOOS)
	}
}

func TestAFolderIsLockedOnceUntilItIsReleased(t *testing.T) {
	locks(t)
	dir := t.TempDir()
	release, err := lockfile.Take(dir)
	require.NoError(t, err)
	_, err = lockfile.Take(dir)
	require.ErrorIs(t, err, lockfile.ErrHeld)
	require.EqualError(t, err, fmt.Sprintf("%s: another run is at work there, process %d", dir, os.Getpid()))
	release()
	release, err = lockfile.Take(dir)
	require.NoError(t, err)
	release()
	_, err = lockfile.Take(filepath.Join(dir, "none"))
	require.ErrorIs(t, err, os.ErrNotExist)
}

// A program that is killed leaves the file behind, and no lock.
func TestALockEndsWithItsProgram(t *testing.T) {
	locks(t)
	dir := t.TempDir()
	if held := os.Getenv("SSHN_LOCK"); held != "" {
		release, err := lockfile.Take(held)
		fmt.Println("taken:", err)
		io.Copy(io.Discard, os.Stdin) // until it is killed
		release()
	}
	other := exec.Command(os.Args[0], "-test.run=TestALockEndsWithItsProgram")
	other.Env = append(os.Environ(), "SSHN_LOCK="+dir)
	out, err := other.StdoutPipe()
	require.NoError(t, err)
	_, err = other.StdinPipe() // stays open
	require.NoError(t, err)
	if err := other.Start(); errors.Is(err, syscall.ENOEXEC) {
		t.Skip("this is run by an emulator, and the system starts no such programs")
	} else {
		require.NoError(t, err)
	}
	t.Cleanup(func() { other.Process.Kill() })
	said := ""
	_, err = fmt.Fscanln(out, new(string), &said)
	require.NoError(t, err)
	require.Equal(t, "<nil>", said)
	_, err = lockfile.Take(dir)
	require.ErrorIs(t, err, lockfile.ErrHeld)
	require.NoError(t, other.Process.Kill())
	other.Wait()
	release, err := lockfile.Take(dir)
	require.NoError(t, err)
	release()
}
