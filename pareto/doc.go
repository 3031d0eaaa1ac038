// Package pareto chooses between accuracy and cost.
//
// A [Point] is one network as measured: its phi, its Dice, and what a forward
// pass of it costs in MACs, memory and time. [Sweep] makes the points of a
// range of phi, [Front] keeps those that no other point beats, [Best] and
// [Cheapest] choose one of them, [Hypervolume] says in one number how good a
// whole curve is. Points are written and read as CSV and JSON; the package
// plot beneath this one draws them.
//
// It knows points and curves and no networks: whatever can be called accurate
// and costly may be a point.
//
// Units: phi is a ratio, Dice lies in [0, 1], memory is in bytes, time in
// seconds. A cost of zero means that it was not measured. A choice looks only
// at points that can be ranked, those with a finite Dice and with a measured,
// finite cost on the axis asked for; it passes over the others, so a NaN never
// beats anything. Readers, writers and Sweep are stricter and refuse a point
// that [Point.Validate] refuses.
package pareto
