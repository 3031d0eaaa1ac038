package atomicfile

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestWriteReplacesTheWholeFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.txt")
	for _, text := range []string{"long first text", "short", ""} {
		require.NoError(t, Write(path, put(text)))
		got, err := os.ReadFile(path)
		require.NoError(t, err)
		require.Equal(t, text, string(got))
	}
	require.Equal(t, []string{"a.txt"}, names(t, filepath.Dir(path)))
}

func TestFailureKeepsTheOldContentAndLeavesNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.txt")
	require.NoError(t, Write(path, put("old")))
	half := func(w io.Writer) error {
		fmt.Fprint(w, "half")
		return errors.New("disk on fire")
	}
	require.EqualError(t, Write(path, half), "write "+path+": disk on fire")
	require.Panics(t, func() { Write(path, func(io.Writer) error { panic("bug") }) })
	got, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, "old", string(got))
	require.Equal(t, []string{"a.txt"}, names(t, filepath.Dir(path)))
}

func TestWriteKeepsThePermissionsOfAnExistingFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.txt")
	require.NoError(t, os.WriteFile(path, nil, 0o600))
	require.NoError(t, Write(path, put("new")))
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode())
}

func TestWriteFollowsALink(t *testing.T) {
	dir := t.TempDir()
	link := filepath.Join(dir, "link")
	require.NoError(t, os.WriteFile(filepath.Join(dir, "real"), nil, 0o644))
	if err := os.Symlink("real", link); err != nil {
		t.Skip("no symbolic links here: ", err)
	}
	require.NoError(t, Write(link, put("new")))
	got, err := os.ReadFile(filepath.Join(dir, "real"))
	require.NoError(t, err)
	require.Equal(t, "new", string(got))

	// To where nothing is yet, too, by two links.
	require.NoError(t, os.Symlink("later", filepath.Join(dir, "second")))
	require.NoError(t, os.Symlink(filepath.Join(dir, "second"), filepath.Join(dir, "first")))
	require.NoError(t, Write(filepath.Join(dir, "first"), put("new")))
	got, err = os.ReadFile(filepath.Join(dir, "later"))
	require.NoError(t, err)
	require.Equal(t, "new", string(got))
	info, err := os.Lstat(filepath.Join(dir, "first"))
	require.NoError(t, err)
	require.NotZero(t, info.Mode()&os.ModeSymlink)
	// A link lies in its own folder, by whatever way one came there.
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "a", "b"), 0o777))
	require.NoError(t, os.Symlink(filepath.Join("a", "b"), filepath.Join(dir, "short")))
	require.NoError(t, os.Symlink(filepath.Join("..", "x"), filepath.Join(dir, "a", "b", "f")))
	require.NoError(t, Write(filepath.Join(dir, "short", "f"), put("new")))
	require.FileExists(t, filepath.Join(dir, "a", "x"))
	require.NoError(t, os.Symlink("round", filepath.Join(dir, "round")))
	require.ErrorContains(t, Write(filepath.Join(dir, "round"), put("x")), "more than 40 links")
}

func TestWriteRefusesWhatIsNoRegularFile(t *testing.T) {
	dir := t.TempDir()
	require.ErrorContains(t, Write(dir, put("x")),
		"write "+dir+": expected a regular file or none, found d")
	lost := filepath.Join(dir, "absent", "a")
	require.ErrorIs(t, Write(lost, put("x")), os.ErrNotExist)
	require.ErrorContains(t, Write(lost, put("x")), "write "+lost+": folder "+filepath.Dir(lost)+": ")
	require.NotContains(t, Write(lost, put("x")).Error(), ".tmp")
}

func TestALeftoverOfAKilledProcessDoesNotBlock(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.txt")
	require.NoError(t, os.WriteFile(filepath.Join(filepath.Dir(path), ".a.txt.0.tmp"), nil, 0o644))
	require.NoError(t, Write(path, put("new")))
	require.Equal(t, []string{".a.txt.0.tmp", "a.txt"}, names(t, filepath.Dir(path)))
}

func TestSweepTakesTheLeftoversOfOneFile(t *testing.T) {
	dir := t.TempDir()
	others := []string{".a.txt.tmp", ".a.txt.x.tmp", ".b.txt.0.tmp", "a.txt"}
	for _, name := range append([]string{".a.txt.0.tmp", ".a.txt.12.tmp"}, others...) {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), nil, 0o644))
	}
	require.NoError(t, Sweep(filepath.Join(dir, "a.txt")))
	require.Equal(t, others, names(t, dir))
	require.NoError(t, Sweep(filepath.Join(dir, "none", "a.txt")))
}

func TestNamesMayBeAsLongAsTheSystemTakesThem(t *testing.T) {
	path := filepath.Join(t.TempDir(), strings.Repeat("é", 125))
	require.NoError(t, Write(path, put("new")))
	require.Equal(t, []string{filepath.Base(path)}, names(t, filepath.Dir(path)))
	temp, err := create(path, 0o644)
	require.NoError(t, err)
	require.NoError(t, temp.Close())
	require.NoError(t, Sweep(path))
	require.Equal(t, []string{filepath.Base(path)}, names(t, filepath.Dir(path)))
}

func put(s string) func(io.Writer) error {
	return func(w io.Writer) error { _, err := io.WriteString(w, s); return err }
}

func names(t *testing.T, dir string) []string {
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	var all []string
	for _, e := range entries {
		all = append(all, e.Name())
	}
	return all
}
