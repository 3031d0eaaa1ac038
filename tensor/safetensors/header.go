package safetensors

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"unicode/utf8"

	"github.com/sshn-go/sshn/tensor"
)

// metadataKey is the one key of the header that is no tensor's name.
const metadataKey = "__metadata__"

// An Info describes one tensor of a file.
type Info struct {
	Name  string
	DType DType
	Shape tensor.Shape

	begin, end int64 // of its bytes, counted from the end of the header
}

// parseHeader reads the JSON header of a file that has size bytes of data. The
// tensors come back in the order of their data.
func parseHeader(text []byte, size int64) (infos []Info, metadata map[string]string, err error) {
	if !bytes.HasPrefix(text, []byte("{")) || !utf8.Valid(text) {
		return nil, nil, errors.New(foreign + ": header: expected a JSON object in UTF-8, found other bytes")
	}
	var whole json.RawMessage
	if err := json.Unmarshal(text, &whole); err != nil {
		return nil, nil, fmt.Errorf("header: %w", err)
	}
	// A map would drop duplicated keys in silence, so the tokens are walked.
	// That they are well formed is known by now.
	p := &parser{json.NewDecoder(bytes.NewReader(text))}
	p.dec.UseNumber()
	metadata = map[string]string{}
	err = p.object(func(name string) error {
		if name == metadataKey {
			return p.metadata(metadata)
		}
		info, err := p.info(name)
		if err != nil {
			return fmt.Errorf("tensor %q: %w", name, err)
		}
		infos = append(infos, info)
		return nil
	})
	if err != nil {
		return nil, nil, fmt.Errorf("header: %w", err)
	}
	slices.SortStableFunc(infos, func(a, b Info) int {
		return cmp.Or(cmp.Compare(a.begin, b.begin), cmp.Compare(a.end, b.end))
	})
	return infos, metadata, checkLayout(infos, size)
}

// checkLayout tells whether the tensors, sorted, fill the data without gaps.
func checkLayout(infos []Info, size int64) error {
	var at int64
	for _, t := range infos {
		if t.begin != at {
			return fmt.Errorf("tensor %q: expected data from byte %d, where the data before it ends, found from %d", t.Name, at, t.begin)
		}
		if t.end > size {
			return fmt.Errorf("tensor %q: its data ends at byte %d, but the file holds %d bytes of data", t.Name, t.end, size)
		}
		at = t.end
	}
	if at != size {
		return fmt.Errorf("expected %d bytes of data for %d tensors, found %d", at, len(infos), size)
	}
	return nil
}

// A parser walks the tokens of JSON that is known to be well formed.
type parser struct{ dec *json.Decoder }

func (p *parser) info(name string) (Info, error) {
	t := Info{Name: name}
	var dims, offsets []int64
	err := p.object(func(key string) (err error) {
		switch key {
		case "dtype":
			var s string
			s, err = p.string()
			t.DType = DType(s)
		case "shape":
			dims, err = p.integers()
		case "data_offsets":
			offsets, err = p.integers()
		default:
			err = errors.New("expected dtype, shape or data_offsets")
		}
		if err != nil {
			err = fmt.Errorf("%q: %w", key, err)
		}
		return err
	})
	if err != nil {
		return t, err
	}
	if t.DType.Size() == 0 {
		return t, fmt.Errorf("unknown dtype %q", string(t.DType))
	}
	if dims == nil || len(offsets) != 2 {
		return t, errors.New("expected a shape and two data_offsets")
	}
	t.begin, t.end = offsets[0], offsets[1]
	return t, t.setShape(dims)
}

// setShape checks dims and that the data has room for just so many elements.
func (t *Info) setShape(dims []int64) error {
	if len(dims) > tensor.MaxRank {
		return fmt.Errorf("rank %d is over %d", len(dims), tensor.MaxRank)
	}
	n := int64(t.DType.Size())
	ints := make([]int, len(dims))
	for i, d := range dims {
		// As tensor.NewShape has it, an empty axis does not excuse the others.
		if d > 0 && n > math.MaxInt/d {
			return fmt.Errorf("shape %v overflows", dims)
		}
		n *= max(d, 1)
		ints[i] = int(d)
	}
	t.Shape = tensor.NewShape(ints...)
	n = int64(t.Shape.Len() * t.DType.Size())
	if t.end < t.begin || t.end-t.begin != n {
		return fmt.Errorf("expected %d bytes for %s %v, found data_offsets [%d %d]", n, t.DType, t.Shape, t.begin, t.end)
	}
	return nil
}

func (p *parser) metadata(m map[string]string) error {
	return p.object(func(key string) error {
		s, err := p.string()
		m[key] = s
		if err != nil {
			return fmt.Errorf("%s %q: %w", metadataKey, key, err)
		}
		return nil
	})
}

// object calls f for each key, which must then take the value.
func (p *parser) object(f func(key string) error) error {
	if err := p.delim('{'); err != nil {
		return err
	}
	seen := map[string]bool{}
	for p.dec.More() {
		key, err := p.string()
		if err != nil {
			return err
		}
		if seen[key] {
			return fmt.Errorf("%q stands twice", key)
		}
		seen[key] = true
		if err := f(key); err != nil {
			return err
		}
	}
	return p.delim('}')
}

// integers reads an array of integers from 0; an empty one is not nil.
func (p *parser) integers() ([]int64, error) {
	if err := p.delim('['); err != nil {
		return nil, err
	}
	all := []int64{}
	for p.dec.More() {
		token, err := p.dec.Token()
		if err != nil {
			return nil, err
		}
		number, _ := token.(json.Number)
		n, err := strconv.ParseUint(number.String(), 10, 63)
		if err != nil {
			return nil, fmt.Errorf("expected an integer from 0, found %v", token)
		}
		all = append(all, int64(n))
	}
	return all, p.delim(']')
}

func (p *parser) string() (string, error) {
	token, err := p.dec.Token()
	if err != nil {
		return "", err
	}
	s, ok := token.(string)
	if !ok {
		return "", fmt.Errorf("expected a string, found %v", token)
	}
	return s, nil
}

func (p *parser) delim(want json.Delim) error {
	token, err := p.dec.Token()
	if err != nil {
		return err
	}
	if token != want {
		return fmt.Errorf("expected %v, found %v", want, token)
	}
	return nil
}
