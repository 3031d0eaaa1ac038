package train

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// differences says how a run's identity differs from a checkpoint's: field by
// field if both are JSON objects, as in `network.widths was [4,4], is [8,8]`.
func differences(was, is string) string {
	a, b := fields(was), fields(is)
	if a == nil || b == nil {
		return fmt.Sprintf("it was %q, this is %q", was, is)
	}
	var all []string
	for name := range a {
		if _, ok := b[name]; !ok {
			b[name] = "absent"
		}
	}
	for _, name := range slices.Sorted(maps.Keys(b)) {
		before, ok := a[name]
		if !ok {
			before = "absent"
		}
		if before != b[name] {
			all = append(all, fmt.Sprintf("%s was %s, is %s", name, before, b[name]))
		}
	}
	if all == nil {
		return "the same fields in another order"
	}
	return strings.Join(all, "; ")
}

// fields returns what a JSON object holds, under dotted names; nil if it is none.
func fields(text string) map[string]string {
	var object map[string]json.RawMessage
	if json.Unmarshal([]byte(text), &object) != nil || object == nil {
		return nil
	}
	all := map[string]string{}
	for name, value := range object {
		inner := fields(string(value))
		if len(inner) == 0 {
			all[name] = string(value)
		}
		for below, x := range inner {
			all[name+"."+below] = x
		}
	}
	return all
}
