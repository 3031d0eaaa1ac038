package train

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestIdentitiesAreComparedFieldByField(t *testing.T) {
	for _, c := range []struct{ was, is, want string }{
		{`{"method":"sshn","network":{"widths":[4,4],"in":1},"seed":1}`, `{"method":"film","network":{"widths":[8,8],"in":1},"seed":1}`,
			`method was "sshn", is "film"; network.widths was [4,4], is [8,8]`},
		{`{"a":{"x":1}}`, `{"b":{}}`, `a.x was 1, is absent; b was absent, is {}`},
		{`{"augment":{}}`, `{}`, `augment was {}, is absent`},
		{`{"a":1}`, `{"a":1,"b":null}`, `b was absent, is null`},
		{`{"a":1,"b":2}`, `{"b":2,"a":1}`, `the same fields in another order`},
		{`a line`, `{"a":1}`, `it was "a line", this is "{\"a\":1}"`},
	} {
		require.Equal(t, c.want, differences(c.was, c.is))
	}
}
