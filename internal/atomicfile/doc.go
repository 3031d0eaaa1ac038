// Package atomicfile writes whole files: a reader of the path sees the old
// content or the new, never a part, even if the process or the machine stops.
package atomicfile
