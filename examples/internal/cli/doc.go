// Package cli holds what the programs of this module have in common: exit
// codes, the errors that lead to them, and an end by interrupt.
package cli
