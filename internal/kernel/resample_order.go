package kernel

// A resampleOrder cuts the outputs of each image into spans, pieces of a row or
// of a group of them, and says in which order they are made: that of (strip of
// rows, piece, depth, group of the strip), so that what an output reads is still
// in the second cache when those above and behind it read it again.
type resampleOrder struct {
	depth, height, width int // of the output
	group, groups        int // rows in a span, and groups of them
	piece, pieces        int // outputs of a row in a span, and spans in a row
	strip                int // groups that are made of all depths before the next ones
	grain                int // spans in a chunk
}

const (
	resamplePiece = 1 << 12 // floats of a row, of the input or the output
	turnedPiece   = 1 << 10 // the same where several rows are made at once
	resampleStrip = 3 << 16 // floats that the windows of a strip cover at any depth
	resampleChunk = 1 << 16 // floats read and written: tens of microseconds
	resampleTasks = 16      // chunks, if there is work for so many
)

func (r *Resampling) order(blend bool) resampleOrder {
	in, out := r.sizes()
	o := resampleOrder{depth: out[0], height: out[1], width: out[2], group: 1}
	length := resamplePiece
	if blend && fast.available() && r.C <= mostTurned {
		o.group = min(turnedRows, wholeTurns(out[1]))
		length = turnedPiece
	}
	o.groups = (out[1] + o.group - 1) / o.group
	o.pieces = max(1, min(out[2], (max(in[2], out[2])*r.C+length-1)/length)) // one of no channels, too
	o.piece = (out[2] + o.pieces - 1) / o.pieces
	o.pieces = (out[2] + o.piece - 1) / o.piece

	// A strip of s rows reads s*in/out rows and a window's height more, of as
	// many planes as a window has.
	o.strip = o.groups
	if d := r.Axes[0]; len(d.Weight) > d.In {
		window := func(t *Taps) int { return len(t.Weight)/t.Out() + 1 }
		rows := resampleStrip / (window(d) * (in[2]*r.C/o.pieces + 1))
		o.strip = min(max(1, (rows-window(r.Axes[1]))*out[1]/in[1]/o.group), o.groups)
	}

	spans := max(1, r.N*o.spans())
	traffic := r.N*(volume(in)+volume(out))*r.C/spans + 1
	o.grain = max(1, resampleChunk/traffic)
	if o.strip < o.groups {
		o.grain = max(o.grain, o.strip*min(o.depth, 8))
	}
	o.grain = min(o.grain, max(spans/resampleTasks, resampleChunk/(2*traffic), 1))
	return o
}

// spans is the number of spans of an image.
func (o *resampleOrder) spans() int { return o.depth * o.groups * o.pieces }

// at returns where span i of all images is: outputs [from, to) of rows
// [h, h+rows).
func (o *resampleOrder) at(i int) (image, d, h, rows, from, to int) {
	image, i = i/o.spans(), i%o.spans()
	of := o.strip * o.depth * o.pieces
	first := i / of * o.strip
	i %= of
	groups := min(o.strip, o.groups-first)
	from, to = o.part(i / (groups * o.depth))
	i %= groups * o.depth
	h = (first + i%groups) * o.group
	return image, i / groups, h, min(o.group, o.height-h), from, to
}

// part is the outputs of piece p of a row.
func (o *resampleOrder) part(p int) (from, to int) { return p * o.piece, min((p+1)*o.piece, o.width) }
