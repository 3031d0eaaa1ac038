package pareto

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Cost is a choice of what a network costs: the x axis of the curve.
type Cost int

const (
	ByMACs    Cost = iota // multiply-adds of one forward pass
	ByBytes               // its greatest memory, bytes
	BySeconds             // its median latency, s
)

var costs = [...]struct{ key, name, unit string }{
	ByMACs:    {"macs", "MACs", ""},
	ByBytes:   {"bytes", "memory", "B"},
	BySeconds: {"seconds", "latency", "s"},
}

// Of returns what p costs, 0 if that was not measured.
func (c Cost) Of(p Point) float64 {
	switch c {
	case ByMACs:
		return float64(p.MACs)
	case ByBytes:
		return float64(p.Bytes)
	case BySeconds:
		return p.Median
	}
	misuse("cost", "no axis %d", int(c))
	return 0
}

// known is Of, infinite if that was not measured.
func (c Cost) known(p Point) float64 {
	if x := c.Of(p); x != 0 {
		return x
	}
	return math.Inf(1)
}

// Varies tells whether points differ in this cost, among those for which it was
// measured. Where it does not, no budget of it can choose between them.
func (c Cost) Varies(points []Point) bool {
	first := 0.0
	for _, p := range points {
		switch x := c.Of(p); {
		case x == 0 || x == first:
		case first == 0:
			first = x
		default:
			return true
		}
	}
	return false
}

// String names the axis: MACs, memory or latency.
func (c Cost) String() string {
	if c < 0 || int(c) >= len(costs) {
		return "Cost(" + strconv.Itoa(int(c)) + ")"
	}
	return costs[c].name
}

// Format writes an amount with three significant digits and its decimal unit:
// 61.2 M, 9.8 MB, 12.1 ms; M and MB are millions.
func (c Cost) Format(x float64) string { return si(x, costs[c].unit) }

// amount is Format in a sentence: 61.2 M MACs.
func (c Cost) amount(x float64) string {
	if c == ByMACs {
		return c.Format(x) + " MACs"
	}
	return c.Format(x)
}

// MarshalText writes macs, bytes or seconds.
func (c Cost) MarshalText() ([]byte, error) {
	if c < 0 || int(c) >= len(costs) {
		return nil, fmt.Errorf("no cost %d", int(c))
	}
	return []byte(costs[c].key), nil
}

// UnmarshalText reads what MarshalText writes, so that a Cost may be a flag.
func (c *Cost) UnmarshalText(text []byte) error {
	for i := range costs {
		if costs[i].key == string(text) {
			*c = Cost(i)
			return nil
		}
	}
	return fmt.Errorf("cost: %.20q is none of macs, bytes, seconds", text)
}

// si writes x with three significant digits under a decimal prefix.
func si(x float64, unit string) string {
	const prefixes, none = "nµm kMGTPE", 3
	// The rounded mantissa decides the prefix, for 999.9 k is 1 M.
	mantissa, exponent, ok := strings.Cut(strconv.FormatFloat(x, 'e', 2, 64), "e")
	if !ok {
		return mantissa // NaN and the infinities
	}
	e, _ := strconv.Atoi(exponent)
	group := e / 3
	if e < 0 {
		group = (e - 2) / 3 // rounds down
	}
	group = min(max(group, -none), 6)
	m, _ := strconv.ParseFloat(mantissa+"e"+strconv.Itoa(e-3*group), 64)
	text := strconv.FormatFloat(m, 'f', -1, 64)
	prefix := strings.TrimSpace(string([]rune(prefixes)[group+none]))
	if x == 0 {
		prefix = ""
	}
	return strings.TrimSpace(text + " " + prefix + unit)
}
