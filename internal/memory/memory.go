package memory

import (
	"io/fs"
	"math"
	"os"
	"strconv"
	"strings"
)

// Free returns how many bytes the process could take without others being swapped
// out, or the container it is in being over its limit; false: not known.
func Free() (bytes int64, ok bool) { return free(os.DirFS("/")) }

// Peak returns the most bytes of memory that the process has held since it began,
// shared libraries and files mapped into it among them, and how many it holds
// now; false: not known.
func Peak() (most, now int64, ok bool) {
	status := fields(os.DirFS("/"), "proc/self/status")
	most, now = status["VmHWM:"]<<10, status["VmRSS:"]<<10
	return most, now, most > 0 && now > 0
}

func free(root fs.FS) (bytes int64, ok bool) {
	available, ok := fields(root, "proc/meminfo")["MemAvailable:"]
	if !ok {
		return 0, false
	}
	bytes = available << 10
	for _, group := range []struct{ limit, used, stat, cached string }{
		{"memory.max", "memory.current", "memory.stat", "inactive_file"},
		{"memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes", "memory/memory.stat", "total_inactive_file"},
	} {
		limit, limited := number(root, "sys/fs/cgroup/"+group.limit)
		used, _ := number(root, "sys/fs/cgroup/"+group.used)
		if limited {
			bytes = min(bytes, limit-used+fields(root, "sys/fs/cgroup/"+group.stat)[group.cached])
		}
	}
	return max(bytes, 0), true
}

// fields reads lines of a name and a number.
func fields(root fs.FS, name string) map[string]int64 {
	text, _ := fs.ReadFile(root, name)
	numbers := map[string]int64{}
	for line := range strings.Lines(string(text)) {
		if f := strings.Fields(line); len(f) > 1 {
			if n, err := strconv.ParseInt(f[1], 10, 64); err == nil {
				numbers[f[0]] = n
			}
		}
	}
	return numbers
}

// number reads a file of one number. "max", and numbers that stand for it, are
// none.
func number(root fs.FS, name string) (n int64, ok bool) {
	text, _ := fs.ReadFile(root, name)
	n, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
	return n, err == nil && n < math.MaxInt64>>12
}
