package imageset_test

import (
	"fmt"
	"image"
	"image/png"
	"log"
	"os"
	"path/filepath"

	"github.com/sshn-go/sshn/examples/internal/imageset"
)

func Example() {
	dir, err := os.MkdirTemp("", "leaves")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	for _, name := range []string{"images", "masks"} {
		if err := os.Mkdir(filepath.Join(dir, name), 0o777); err != nil {
			log.Fatal(err)
		}
		f, err := os.Create(filepath.Join(dir, name, "oak.png"))
		if err != nil {
			log.Fatal(err)
		}
		if err := png.Encode(f, image.NewGray(image.Rect(0, 0, 20, 30))); err != nil {
			log.Fatal(err)
		}
		f.Close()
	}
	if err := os.WriteFile(filepath.Join(dir, "labels.txt"), []byte("1 Leaf 0 200 0 0\n"), 0o666); err != nil {
		log.Fatal(err)
	}

	set, err := imageset.OpenFolder(dir, 8)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(set.Subject(0), set.Samples[0].Image.Shape, set.Samples[0].Labels.Shape, set.Classes[1].Name)
	// Output:
	// oak [8 8 3] [8 8] Leaf
}
