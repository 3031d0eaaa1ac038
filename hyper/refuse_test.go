package hyper_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sshn-go/sshn/hyper"
	"github.com/sshn-go/sshn/nn"
)

func TestWhatIsOfAnotherNetworkIsRefused(t *testing.T) {
	small, big := nn.NewLayout(), nn.NewLayout()
	nn.NewLinear(small.Builder(1), 3, 4, nn.XavierNormal)
	nn.NewLinear(big.Builder(1), 30, 4, nn.XavierNormal)
	source := hyper.NewNet(small, 1, hyper.Config{Hidden: []int{2}}, 1)
	require.PanicsWithError(t, "hyper: freeze: 16 parameters for a layout of 124", func() { hyper.Freeze(source, big, []float64{0.3}) })
	require.PanicsWithError(t, "hyper: freeze: 16 parameters for a layout of 0", func() { hyper.Freeze(source, nn.NewLayout(), []float64{0.3}) })
	require.EqualError(t, hyper.Config{Varies: []string{"weight", "wieght"}}.CheckFor(small),
		`hyper: no parameter of the network is of the pattern "wieght" of those that vary`)
	require.NoError(t, hyper.Config{Varies: []string{"w*"}}.CheckFor(small))
}
