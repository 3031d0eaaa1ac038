package atomicfile_test

import (
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"

	"github.com/sshn-go/sshn/internal/atomicfile"
)

func Example() {
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)

	path := filepath.Join(dir, "curve.csv")
	err = atomicfile.Write(path, func(w io.Writer) error {
		_, err := fmt.Fprintln(w, "phi,dice")
		return err
	})
	text, _ := os.ReadFile(path)
	fmt.Print(string(text))
	fmt.Println(err)
	// Output:
	// phi,dice
	// <nil>
}
