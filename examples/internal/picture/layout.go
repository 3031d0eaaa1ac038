package picture

import (
	"image"
	"image/color"
	"image/draw"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"
)

// A layout says where the parts of a picture stand, from top to bottom: title,
// captions, panels, legend.
type layout struct {
	size     image.Rectangle
	title    image.Point
	captions int                 // their base line
	columns  []int               // where they begin
	panels   [][]image.Rectangle // of a strip
	keys     []key
}

// A key is an entry of the legend.
type key struct {
	label  int
	swatch image.Rectangle
	text   image.Point
}

const line = 24 // pixels from one line of text to the next

func (s sheet) layout() layout {
	l := layout{}
	y := gap
	if s.title != "" {
		l.title = image.Pt(gap, y+line-7)
		y += line
	}
	if len(s.captions) > 0 {
		l.captions = y + line - 7
		y += line
	}
	width := 0
	for _, strip := range s.strips {
		width = max(width, strip.size.X)
	}
	x := gap
	for i := range len(s.strips[0].labels) + 1 {
		l.columns = append(l.columns, x)
		if i < len(s.captions) && len(s.strips) > 1 {
			width = max(width, textWidth(s.captions[i]))
		}
		x += width + gap
	}
	for _, strip := range s.strips {
		var panels []image.Rectangle
		for _, x := range l.columns {
			panels = append(panels, image.Rectangle{Max: strip.size}.Add(image.Pt(x, y)))
		}
		l.panels = append(l.panels, panels)
		y += strip.size.Y + gap
	}
	right := max(x, gap+textWidth(s.title)+gap)
	y = l.legend(s, y, right)
	l.size = image.Rect(0, 0, right, y)
	return l
}

// legend sets the labels that occur in rows of equal columns, and returns where
// the picture ends.
func (l *layout) legend(s sheet, y, right int) int {
	occurs := map[int]bool{}
	for _, strip := range s.strips {
		for _, labels := range strip.labels {
			for _, x := range labels.Data {
				occurs[int(x)] = true
			}
		}
	}
	column := 0
	for label, name := range s.names {
		if occurs[label] && label > 0 {
			column = max(column, line+textWidth(name)+line)
		}
	}
	x := gap
	for label := range s.names {
		if !occurs[label] || label == 0 {
			continue
		}
		if x > gap && x+column-line > right-gap {
			x, y = gap, y+line
		}
		l.keys = append(l.keys, key{label, image.Rect(x, y+4, x+16, y+20), image.Pt(x+line, y+line-7)})
		x += column
	}
	if l.keys == nil {
		return y
	}
	return y + line + gap/2
}

// face is Go's own font, which the module of its drawing brings along.
var face = func() font.Face {
	f, err := opentype.Parse(goregular.TTF)
	if err != nil {
		panic(err)
	}
	face, err := opentype.NewFace(f, &opentype.FaceOptions{Size: 16, DPI: 72, Hinting: font.HintingFull})
	if err != nil {
		panic(err)
	}
	return face
}()

func textWidth(text string) int { return font.MeasureString(face, text).Ceil() }

// write writes text from a point on its base line.
func write(canvas draw.Image, at image.Point, text string, c color.Color) {
	d := font.Drawer{Dst: canvas, Src: image.NewUniform(c), Face: face, Dot: fixed.P(at.X, at.Y)}
	d.DrawString(text)
}
