package cli_test

import (
	"errors"
	"fmt"

	"github.com/sshn-go/sshn/examples/internal/cli"
)

func Example() {
	for _, err := range []error{
		nil,
		errors.New("the disk is full"),
		fmt.Errorf("train: %w", cli.Usage("-steps %d: at least 1 is needed", 0)),
		cli.Stopped("stopped after step %d", 7),
	} {
		fmt.Println(cli.Code(err), err)
	}
	// Output:
	// 0 <nil>
	// 1 the disk is full
	// 2 train: -steps 0: at least 1 is needed
	// 130 stopped after step 7
}
