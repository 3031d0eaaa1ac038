package lockfile_test

import (
	"fmt"
	"os"

	"github.com/sshn-go/sshn/internal/lockfile"
)

func Example() {
	dir, err := os.MkdirTemp("", "locked")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	release, err := lockfile.Take(dir)
	fmt.Println(err)
	release()
	// Output: <nil>
}
