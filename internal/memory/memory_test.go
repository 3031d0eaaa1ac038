package memory

import (
	"runtime"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"
)

func TestFreeIsWhatTheMachineAndTheContainerHave(t *testing.T) {
	files := map[string]string{}
	free := func() (int64, bool) {
		root := fstest.MapFS{}
		for name, text := range files {
			root[name] = &fstest.MapFile{Data: []byte(text)}
		}
		return free(root)
	}
	_, ok := free()
	require.False(t, ok, "not Linux")

	files["proc/meminfo"] = "MemTotal:       24683564 kB\nMemFree:          10 kB\nMemAvailable:   1000 kB\nHugePages_Total:       0\n"
	files["sys/fs/cgroup/memory.max"] = "max\n"
	n, ok := free()
	require.True(t, ok)
	require.EqualValues(t, 1000<<10, n)

	files["sys/fs/cgroup/memory.max"] = "800000\n"
	files["sys/fs/cgroup/memory.current"] = "300000\n"
	n, _ = free()
	require.EqualValues(t, 500000, n)
	files["sys/fs/cgroup/memory.stat"] = "anon 9\ninactive_file 100000\n"
	n, _ = free()
	require.EqualValues(t, 600000, n, "what it keeps of files can be had")
	files["sys/fs/cgroup/memory.current"] = "990000\n"
	n, _ = free()
	require.Zero(t, n)

	delete(files, "sys/fs/cgroup/memory.max")
	files["sys/fs/cgroup/memory/memory.limit_in_bytes"] = "9223372036854771712\n" // none
	n, _ = free()
	require.EqualValues(t, 1000<<10, n)
}

func TestPeakHoldsWhatWasTouched(t *testing.T) {
	before, now, ok := Peak()
	if !ok {
		t.Skip("not known on ", runtime.GOOS)
	}
	require.GreaterOrEqual(t, before, now)
	touched := make([]byte, 64<<20)
	for i := 0; i < len(touched); i += 4096 {
		touched[i] = 1
	}
	after, with, _ := Peak()
	runtime.KeepAlive(touched)
	require.GreaterOrEqual(t, with, now+48<<20, "some of it may lie in what was held before")
	require.GreaterOrEqual(t, after, with)
	free, ok := Free()
	require.True(t, ok)
	require.Positive(t, free)
}
