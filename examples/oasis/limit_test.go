//go:build linux && !race

package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sshn-go/sshn/examples/internal/cli"
	"github.com/sshn-go/sshn/internal/memory"
	"github.com/sshn-go/sshn/tensor/nifti"
)

// TestMain is also the program, for tests of the process.
func TestMain(m *testing.M) {
	if os.Getenv("OASIS_TEST_CHILD") == "" {
		os.Exit(m.Run())
	}
	exit := run(cli.Interruptible(), os.Args[1:], os.Stdout, os.Stderr)
	most, _, _ := memory.Peak()
	fmt.Fprintln(os.Stderr, "peak", most)
	os.Exit(exit)
}

func child(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	c := exec.Command(self, args...)
	c.Env = append(os.Environ(), "OASIS_TEST_CHILD=1", "GOMAXPROCS=2")
	return c
}

func TestTheProcessStaysWithinTheLimit(t *testing.T) {
	dir := t.TempDir()
	model := volumeModel(t, dir, 8, 8)
	scan := filepath.Join(dir, "scan.nii.gz")
	require.NoError(t, nifti.WriteImageFile(scan, header(80, 70, 90), grey(80, 70, 90)))
	for mb, way := range map[string]string{"120": "the whole volume at once: ", "70": " tiles of "} {
		c := child(t, "segment", "-model", model, "-in", scan, "-out", filepath.Join(dir, "seg.nii.gz"), "-phi", "0.4", "-max-mb", mb)
		var stderr bytes.Buffer
		c.Stderr = &stderr
		require.NoError(t, c.Run(), stderr.String())
		require.Contains(t, stderr.String(), way)
		require.Contains(t, stderr.String(), " MB of memory, of "+mb+" MB allowed (-max-mb)")
		var peak, limit float64
		_, err := fmt.Sscan(stderr.String()[strings.LastIndex(stderr.String(), "peak ")+5:], &peak)
		require.NoError(t, err)
		fmt.Sscan(mb, &limit)
		t.Logf("%s MB: %.0f MB at most; %s", mb, peak/1e6, stderr.String())
		require.LessOrEqual(t, peak/1e6, limit)
	}
}

func TestAnInterruptStopsAtOnceAndLeavesNoFile(t *testing.T) {
	dir := t.TempDir()
	model := volumeModel(t, dir, 16, 16)
	scan := filepath.Join(dir, "scan.nii")
	require.NoError(t, nifti.WriteImageFile(scan, header(100, 100, 100), grey(100, 100, 100)))
	for _, mb := range []string{"1000", "120"} { // at once and by tiles
		c := child(t, "segment", "-model", model, "-in", scan, "-out", filepath.Join(dir, "seg.nii.gz"), "-phi", "0.5", "-max-mb", mb)
		pipe, err := c.StderrPipe()
		require.NoError(t, err)
		require.NoError(t, c.Start())
		stderr := bufio.NewReader(pipe)
		line, err := stderr.ReadString('\n') // is written when the scan was read
		require.NoError(t, err)
		require.Contains(t, line, " allowed (-max-mb)")
		began := time.Now()
		require.NoError(t, c.Process.Signal(os.Interrupt))
		rest, err := io.ReadAll(stderr)
		require.NoError(t, err)
		c.Wait()
		require.Contains(t, string(rest), "oasis: stopped; "+filepath.Join(dir, "seg.nii.gz")+" was not written\n")
		require.Equal(t, cli.Interrupted, c.ProcessState.ExitCode())
		require.False(t, c.ProcessState.Sys().(syscall.WaitStatus).Signaled())
		t.Logf("stopped %v after the interrupt", time.Since(began))
		files, err := os.ReadDir(dir)
		require.NoError(t, err)
		require.Len(t, files, 2, "the model and the scan")
	}
}
