package atomicfile

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
)

// Write replaces the file at path by what f writes; the writer that f is given
// is buffered. The bytes go to a temporary file in the same folder, which is
// synced to disk and renamed onto path, and then the folder is synced. If
// anything fails up to the rename, f included, the temporary file is removed and
// the old content stays. The text of the error names path.
//
// A symbolic link is followed, also to where nothing is yet. A path that exists
// and is no regular file, such as a device, is refused, since the rename would
// take its place.
func Write(path string, f func(io.Writer) error) error {
	if err := write(path, f); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}

func write(path string, f func(io.Writer) error) error {
	path, err := follow(path)
	if err != nil {
		return err
	}
	perm := fs.FileMode(0o666)
	old, err := os.Stat(path)
	if err == nil {
		if !old.Mode().IsRegular() {
			return fmt.Errorf("expected a regular file or none, found %v", old.Mode())
		}
		perm = old.Mode().Perm()
	}
	temp, err := create(path, perm)
	if err != nil {
		return err
	}
	// Runs when f panics, too. After the rename there is nothing left to
	// remove or close, and both say so harmlessly.
	defer os.Remove(temp.Name())
	defer temp.Close()

	if old != nil { // the umask does not hold for a file that is already there
		if err := temp.Chmod(perm); err != nil {
			return err
		}
	}
	b := bufio.NewWriterSize(temp, 1<<16)
	if err := errors.Join(f(b), b.Flush()); err != nil {
		return err
	}
	if err := temp.Sync(); err != nil {
		return err
	}
	if err := temp.Close(); err != nil {
		return err
	}
	if err := os.Rename(temp.Name(), path); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(path))
}

// Sweep removes the temporary files that a killed Write to path left. Nobody may be
// writing to it. That there is nothing, or no such folder, is no error.
func Sweep(path string) error {
	path, err := follow(path)
	if err != nil {
		return err
	}
	folder, base := filepath.Split(path)
	files, err := os.ReadDir(cmp.Or(folder, "."))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for _, f := range files {
		number, ours := strings.CutPrefix(f.Name(), prefix(base))
		if number, is := strings.CutSuffix(number, ".tmp"); ours && is {
			if _, err := strconv.ParseUint(number, 10, 16); err != nil {
				continue
			}
			if err := os.Remove(filepath.Join(folder, f.Name())); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
		}
	}
	return nil
}

// follow returns what a path leads to by links.
func follow(path string) (string, error) {
	for range 40 { // as many as systems follow
		target, err := filepath.EvalSymlinks(path)
		if err == nil {
			return target, nil
		}
		target, err = os.Readlink(path)
		if err != nil { // no link: what EvalSymlinks lacks is not there yet, and creating it says what is wrong
			return path, nil
		}
		if !filepath.IsAbs(target) { // it begins where the link really lies
			folder, err := filepath.EvalSymlinks(filepath.Dir(path))
			if err != nil {
				return "", err
			}
			target = filepath.Join(folder, target)
		}
		path = target
	}
	return "", errors.New("more than 40 links, one to the other")
}

// create makes the temporary file under the first number that is free. The
// system takes the umask off perm, which os.CreateTemp would not let it do. Its
// error does not name the file, which nobody asked for.
func create(path string, perm fs.FileMode) (*os.File, error) {
	folder, base := filepath.Split(path)
	for i := 0; ; i++ {
		name := filepath.Join(folder, fmt.Sprintf("%s%d.tmp", prefix(base), i))
		f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, perm)
		if i < 1000 && errors.Is(err, fs.ErrExist) {
			continue
		}
		var at *fs.PathError
		if errors.As(err, &at) {
			err = at.Err
		}
		if errors.Is(err, fs.ErrNotExist) {
			err = fmt.Errorf("folder %s: %w", filepath.Clean(folder), err)
		}
		return f, err
	}
}

// prefix begins the names of temporary files. Of a name near the 255 bytes that
// file systems take it has so much that there is room for the rest.
func prefix(base string) string {
	if len(base) > 240 {
		base = strings.ToValidUTF8(base[:240], "")
	}
	return "." + base + "."
}

// syncFolder makes the rename last. Windows cannot open a folder for it, and
// some network file systems refuse; the content itself is safe in any case.
func syncFolder(path string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	defer d.Close()
	if err := d.Sync(); err != nil && !errors.Is(err, errors.ErrUnsupported) && !errors.Is(err, syscall.EINVAL) {
		return err
	}
	return nil
}
