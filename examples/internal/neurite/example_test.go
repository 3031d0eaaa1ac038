package neurite_test

import (
	"context"
	"fmt"
	"log"
	"os"

	"github.com/sshn-go/sshn/examples/internal/neurite"
	"github.com/sshn-go/sshn/examples/internal/phantom"
	"github.com/sshn-go/sshn/nn/data"
)

func Example() {
	dir, err := os.MkdirTemp("", "brains")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	recipe := neurite.Recipe{Subjects: 2, Dims: 2, Phantom: phantom.Config{Spacing: 4}}
	if err := neurite.Make(context.Background(), dir, recipe, nil); err != nil {
		log.Fatal(err)
	}

	set, err := neurite.Open(dir, neurite.Kind{Labels: "seg4"})
	if err != nil {
		log.Fatal(err)
	}
	if err := set.Check(nil); err != nil {
		log.Fatal(err)
	}
	for sample, err := range data.All(set) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(sample.Subject, sample.Image.Shape, sample.Labels.Shape)
	}
	// Output:
	// PHANTOM_PH1_0001_MR1 [48 40 1] [48 40]
	// PHANTOM_PH1_0002_MR1 [48 40 1] [48 40]
}
