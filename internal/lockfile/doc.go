// Package lockfile lets one program at a time work in a folder. The lock is the
// system's: it ends with the program, however that ends.
package lockfile
