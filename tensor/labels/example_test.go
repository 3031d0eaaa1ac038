package labels_test

import (
	"fmt"
	"log"
	"os"
	"strings"

	"github.com/sshn-go/sshn/tensor/labels"
)

func Example() {
	table, err := labels.Read(strings.NewReader(`
# id  name           R   G   B  A
  0   Unknown        0   0   0  0
 11   Left-Caudate   122 186 220 0
 50   Right-Caudate  122 186 220 0
`))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(table.Names(), table.Colour(11))
	fmt.Println(table.Mirror())
	if err := table.Write(os.Stdout); err != nil {
		log.Fatal(err)
	}
	// Output:
	// [Unknown Left-Caudate Right-Caudate] {122 186 220 255}
	// map[0:0 11:50 50:11]
	//    0  Unknown                                0   0   0   0
	//   11  Left-Caudate                         122 186 220   0
	//   50  Right-Caudate                        122 186 220   0
}
