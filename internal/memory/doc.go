// Package memory asks the system how much memory is free, and how much of it this
// process has held at most. It knows Linux, by the files under /proc and
// /sys/fs/cgroup; elsewhere both are not known.
package memory
