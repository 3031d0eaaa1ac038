package main

import (
	"fmt"
	"math"
	"strings"

	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Offsets of the fields of the package's type sandwich.
const (
	sandwichTo = 8 * iota
	sandwichToRow
	sandwichToColumn
	sandwichToStep
	sandwichFrom
	sandwichFromRow
	sandwichFromColumn
	sandwichFromStep
	sandwichCount
	sandwichHalf
	sandwichRows
	sandwichColumns
	sandwichFlags
	sandwichBias
	sandwichSlope
	sandwichBits
	sandwichMask
)

const flagPartial = 4

// winograd generates the transforms of F(4x4, 3x3) and F(2x2, 3x3), and the
// table of them.
func (a *assembler) winograd() {
	table := fmt.Sprintf("\nvar winograds%s = [2]winograd{\n", a.isa.name)
	for _, m := range []int{2, 4} {
		l := &lines{assembler: a, m: m, numbers: map[float32]Mem{}}
		even, third := []float32{0.5, 2, rootHalf, rootTwo}, []float32{-2. / 3, 1. / 3, 1. / 6, -2. / 3 * rootHalf, rootTwo / 6}
		if m == 2 {
			even, third = nil, []float32{0.5}
		}
		table += fmt.Sprintf("\t{%d, %d", m, a.isa.lanes())
		for _, s := range []*sandwich{
			{kind: "input", in: m + 2, out: m + 2, line: l.input, constants: append([]float32{2.5}, even...), shared: 2, maskFrom: true},
			{kind: "output", in: m + 2, out: m, line: l.output, constants: even, activated: true},
			{kind: "spread", in: m, out: m + 2, line: l.spread, constants: even, maskFrom: true},
			{kind: "weight", in: 3, out: m + 2, line: l.weight, constants: third},
			{kind: "weightGrad", in: m + 2, out: 3, line: l.weightGrad, constants: third, added: true},
		} {
			s.lines = l
			name := fmt.Sprintf("winograd%d%s%s", m, strings.ToUpper(s.kind[:1])+s.kind[1:], a.isa.name)
			s.generate(name)
			table += ", " + name
		}
		table += "},\n"
	}
	a.stubs.WriteString(table + "}\n")
}

// A sandwich is the generator of one transform L X L', X being in x in vectors:
// the line L on each column, the results kept in memory, then on each row.
type sandwich struct {
	*lines
	kind      string
	in, out   int
	line      func(d []reg.VecVirtual) []reg.VecVirtual
	constants []float32
	shared    int  // columns that a block has in common with the next
	maskFrom  bool // the mask is for what is read, not for what is written
	activated bool // bias, and what the flags say
	added     bool // always to what is there

	p    reg.GPVirtual
	bits reg.OpmaskVirtual
	mask reg.VecVirtual
}

func (s *sandwich) generate(name string) {
	s.function(name, "func(s *sandwich)")
	s.p = s.GP64()
	s.Load(s.Param("s"), s.p)
	s.announce(s.constants...)
	s.bodies(s.field(sandwichBits), s.blocks)
}

// blocks is a loop over them.
func (s *sandwich) blocks() {
	s.loadMask()
	from, half := s.load(sandwichFrom), s.load(sandwichHalf)
	row := s.multiples(s.load(sandwichFromRow), s.in)
	column := s.load(sandwichFromColumn)
	if s.shared > 0 {
		for c := range s.shared {
			s.first(from, row, half, c)
			s.ADDQ(column, from)
		}
	}
	to := s.load(sandwichTo)
	across := s.multiples(s.load(sandwichToColumn), s.out)
	count := s.load(sandwichCount)

	s.Label("block")
	q := s.GP64()
	s.MOVQ(from, q)
	for c := s.shared; c < s.in; c++ {
		s.first(q, row, half, c)
		if c < s.in-1 {
			s.ADDQ(column, q)
		}
	}
	if s.activated {
		s.activatedRows(to, across, half)
	} else {
		s.rows(to, across, half)
	}
	s.ADDQ(s.field(sandwichFromStep), from)
	s.ADDQ(s.field(sandwichToStep), to)
	if s.shared > 0 {
		s.ADDQ(U32((s.in-s.shared)*s.out*s.isa.bytes), half)
	}
	s.DECQ(count)
	s.JNZ(s.ref("block"))
	s.end()
}

func (s *sandwich) field(offset int) Mem { return Mem{Base: s.p, Disp: offset} }

func (s *sandwich) load(offset int) reg.GPVirtual {
	r := s.GP64()
	s.MOVQ(s.field(offset), r)
	return r
}

func (s *sandwich) loadMask() {
	if s.unmasked {
		return
	}
	if s.isa.wide() {
		s.bits = s.K()
		s.KMOVW(s.field(sandwichBits), s.bits)
		return
	}
	s.mask = s.YMM()
	r := s.load(sandwichMask)
	s.VMOVDQU(Mem{Base: r}, s.mask)
}

// multiples returns the means to address n things a distance apart.
func (s *sandwich) multiples(distance reg.GPVirtual, n int) (at func(base reg.GPVirtual, i int) Mem) {
	var three, five reg.GPVirtual
	if n > 3 {
		three = s.GP64()
		s.LEAQ(Mem{Base: distance, Index: distance, Scale: 2}, three)
	}
	if n > 5 {
		five = s.GP64()
		s.LEAQ(Mem{Base: distance, Index: distance, Scale: 4}, five)
	}
	return func(base reg.GPVirtual, i int) Mem {
		switch i {
		case 0:
			return Mem{Base: base}
		case 3:
			return Mem{Base: base, Index: three, Scale: 1}
		case 5:
			return Mem{Base: base, Index: five, Scale: 1}
		}
		return Mem{Base: base, Index: distance, Scale: uint8(i)}
	}
}

// first transforms column c, which begins at q.
func (s *sandwich) first(q reg.GPVirtual, row func(reg.GPVirtual, int) Mem, half reg.GPVirtual, c int) {
	d := make([]reg.VecVirtual, s.in)
	for r := range d {
		d[r] = s.vec()
		s.read(row(q, r), d[r], s.maskFrom)
	}
	for i, v := range s.line(d) {
		s.VMOVUPS(v, s.kept(half, c, i))
	}
}

// kept is where element i of the transformed column c is.
func (s *sandwich) kept(half reg.GPVirtual, c, i int) Mem {
	return Mem{Base: half, Disp: (c*s.out + i) * s.isa.bytes}
}

func (s *sandwich) row(half reg.GPVirtual, i int) []reg.VecVirtual {
	d := make([]reg.VecVirtual, s.in)
	for c := range d {
		d[c] = s.vec()
		s.VMOVUPS(s.kept(half, c, i), d[c])
	}
	return s.line(d)
}

func (s *sandwich) rows(to reg.GPVirtual, across func(reg.GPVirtual, int) Mem, half reg.GPVirtual) {
	q := s.GP64()
	s.MOVQ(to, q)
	for i := range s.out {
		for j, v := range s.row(half, i) {
			if s.added {
				t := s.vec()
				s.read(across(q, j), t, true)
				s.VADDPS(t, v, v)
			}
			s.write(v, across(q, j), !s.maskFrom)
		}
		if i < s.out-1 {
			s.ADDQ(s.field(sandwichToRow), q)
		}
	}
}

// activatedRows writes as many rows and columns as there are, with the bias and
// the activation.
func (s *sandwich) activatedRows(to reg.GPVirtual, across func(reg.GPVirtual, int) Mem, half reg.GPVirtual) {
	bias, q, rows, flags := s.vec(), s.GP64(), s.load(sandwichRows), s.load(sandwichFlags)
	s.MOVQ(s.field(sandwichBias), q)
	s.read(Mem{Base: q}, bias, true)
	s.MOVQ(to, q)
	for i := range s.out {
		label := func(name string, j int) string { return fmt.Sprintf("%s%d%d", name, i, j) }
		values := s.row(half, i)
		for _, v := range values {
			s.VADDPS(bias, v, v)
		}
		s.TESTQ(U32(flagAdd|flagPartial), flags)
		s.JZ(s.ref(label("activate", 0)))
		for j, v := range values {
			if j > 0 {
				s.CMPQ(s.field(sandwichColumns), Imm(uint64(j)))
				s.JLE(s.ref(label("activate", 0)))
			}
			s.TESTQ(U32(flagAdd), flags)
			s.JZ(s.ref(label("added", j)))
			t := s.vec()
			s.read(across(q, j), t, true)
			s.VADDPS(t, v, v)
			s.Label(label("added", j))
		}
		s.Label(label("activate", 0))
		s.TESTQ(U32(flagLeaky), flags)
		s.JZ(s.ref(label("store", 0)))
		s.leaky(values)
		s.Label(label("store", 0))
		s.TESTQ(U32(flagPartial), flags)
		s.JNZ(s.ref(label("partial", 0)))
		for j, v := range values {
			s.write(v, across(q, j), true)
		}
		s.JMP(s.ref(label("stored", 0)))
		s.Label(label("partial", 0))
		for j, v := range values {
			if j > 0 {
				s.CMPQ(s.field(sandwichColumns), Imm(uint64(j)))
				s.JLE(s.ref(label("stored", 0)))
			}
			s.write(v, across(q, j), true)
		}
		s.Label(label("stored", 0))
		if i < s.out-1 {
			s.DECQ(rows)
			s.JZ(s.ref("next"))
			s.ADDQ(s.field(sandwichToRow), q)
		}
	}
	s.Label("next")
}

// leaky is max(v, slope v), and a NaN stays one.
func (s *sandwich) leaky(values []reg.VecVirtual) {
	scaled, t := s.scaler(s.field(sandwichSlope)), s.vec()
	for _, v := range values {
		scaled(v, t)
		s.VMAXPS(v, t, v)
	}
}

func (s *sandwich) read(m Mem, v reg.VecVirtual, masked bool) {
	switch {
	case !masked || s.unmasked:
		s.VMOVUPS(m, v)
	case s.isa.wide():
		s.VMOVUPS_Z(m, s.bits, v)
	default:
		s.VMASKMOVPS(m, s.mask, v)
	}
}

func (s *sandwich) write(v reg.VecVirtual, m Mem, masked bool) {
	switch {
	case !masked || s.unmasked:
		s.VMOVUPS(v, m)
	case s.isa.wide():
		s.VMOVUPS(v, s.bits, m)
	default:
		s.VMASKMOVPS(v, s.mask, m)
	}
}

// lines are the transforms of one line, each as a sequence of instructions. They
// may overwrite what they are given.
type lines struct {
	*assembler
	m       int                        // outputs of a block along an axis
	held    map[float32]reg.VecVirtual // constants
	numbers map[float32]Mem            // the same in memory
}

func (l *lines) announce(constants ...float32) {
	l.held = map[float32]reg.VecVirtual{}
	for _, c := range constants {
		l.held[c] = l.vec()
		l.VBROADCASTSS(l.number(c), l.held[c])
	}
}

func (l *lines) constant(c float32) reg.VecVirtual {
	r, ok := l.held[c]
	if !ok {
		panic(fmt.Sprint("nobody announced ", c))
	}
	return r
}

// number is a float in memory.
func (l *lines) number(v float32) Mem {
	m, ok := l.numbers[v]
	if !ok {
		m = l.ConstData(fmt.Sprintf("number%d_%s_%08x", l.m, l.isa.name, math.Float32bits(v)), F32(v))
		l.numbers[v] = m
	}
	return m
}

func (l *lines) add(x, y reg.VecVirtual) reg.VecVirtual {
	r := l.vec()
	l.VADDPS(y, x, r)
	return r
}

func (l *lines) sub(x, y reg.VecVirtual) reg.VecVirtual {
	r := l.vec()
	l.VSUBPS(y, x, r)
	return r
}

func (l *lines) times(x reg.VecVirtual, c float32) reg.VecVirtual {
	r := l.vec()
	l.VMULPS(l.constant(c), x, r)
	return r
}

// plus is x + c y, minus x - c y.
func (l *lines) plus(x reg.VecVirtual, c float32, y reg.VecVirtual) reg.VecVirtual {
	r := l.vec()
	l.VMOVAPS(x, r)
	l.VFMADD231PS(l.constant(c), y, r)
	return r
}

func (l *lines) minus(x reg.VecVirtual, c float32, y reg.VecVirtual) reg.VecVirtual {
	r := l.vec()
	l.VMOVAPS(x, r)
	l.VFNMADD231PS(l.constant(c), y, r)
	return r
}

// pair is e + c o and e - c o.
func (l *lines) pair(e reg.VecVirtual, c float32, o reg.VecVirtual) (plus, minus reg.VecVirtual) {
	plus = l.plus(e, c, o)
	l.VFNMADD231PS(l.constant(c), o, e)
	return plus, e
}

const (
	rootHalf = 0.70710678118654752440
	rootTwo  = 2 * rootHalf
)

func (l *lines) input(d []reg.VecVirtual) []reg.VecVirtual {
	if len(d) == 4 {
		return []reg.VecVirtual{l.sub(d[0], d[2]), l.add(d[1], d[2]), l.sub(d[2], d[1]), l.sub(d[1], d[3])}
	}
	r0, r5 := l.minus(l.add(d[0], d[4]), 2.5, d[2]), l.minus(l.add(d[1], d[5]), 2.5, d[3])
	r1, r2 := l.pair(l.minus(d[4], 2, d[2]), rootHalf, l.minus(d[3], 2, d[1]))
	r3, r4 := l.pair(l.minus(d[4], 0.5, d[2]), rootTwo, l.minus(d[3], 0.5, d[1]))
	return []reg.VecVirtual{r0, r1, r2, r3, r4, r5}
}

func (l *lines) output(d []reg.VecVirtual) []reg.VecVirtual {
	s1, d1 := l.add(d[1], d[2]), l.sub(d[1], d[2])
	if len(d) == 4 {
		return []reg.VecVirtual{l.add(d[0], s1), l.sub(d1, d[3])}
	}
	s2, d2 := l.add(d[3], d[4]), l.sub(d[3], d[4])
	p, q := l.times(d1, rootHalf), l.times(d2, rootTwo)
	return []reg.VecVirtual{
		l.add(l.add(d[0], s1), s2),
		l.add(p, q),
		l.plus(l.times(s1, 0.5), 2, s2),
		l.plus(l.plus(d[5], 0.5, p), 2, q),
	}
}

// spread is the adjoint of output.
func (l *lines) spread(d []reg.VecVirtual) []reg.VecVirtual {
	if len(d) == 2 {
		zero := l.vec()
		l.VXORPS(zero.AsY(), zero.AsY(), zero.AsY())
		return []reg.VecVirtual{d[0], l.add(d[0], d[1]), l.sub(d[0], d[1]), l.sub(zero, d[1])}
	}
	r1, r2 := l.pair(l.plus(d[0], 0.5, d[2]), rootHalf, l.plus(d[1], 0.5, d[3]))
	r3, r4 := l.pair(l.plus(d[0], 2, d[2]), rootTwo, l.plus(d[1], 2, d[3]))
	return []reg.VecVirtual{d[0], r1, r2, r3, r4, d[3]}
}

func (l *lines) weight(d []reg.VecVirtual) []reg.VecVirtual {
	if l.m == 2 {
		plus, minus := l.pair(l.times(l.add(d[0], d[2]), 0.5), 0.5, d[1])
		return []reg.VecVirtual{d[0], plus, minus, d[2]}
	}
	r1, r2 := l.pair(l.minus(l.times(d[0], -2./3), 1./3, d[2]), -2./3*rootHalf, d[1])
	r3, r4 := l.pair(l.plus(l.times(d[0], 1./6), 1./3, d[2]), rootTwo/6, d[1])
	return []reg.VecVirtual{d[0], r1, r2, r3, r4, d[2]}
}

// weightGrad is the adjoint of weight.
func (l *lines) weightGrad(d []reg.VecVirtual) []reg.VecVirtual {
	s1, d1 := l.add(d[1], d[2]), l.sub(d[1], d[2])
	if len(d) == 4 {
		return []reg.VecVirtual{l.plus(d[0], 0.5, s1), l.times(d1, 0.5), l.plus(d[3], 0.5, s1)}
	}
	s2, d2 := l.add(d[3], d[4]), l.sub(d[3], d[4])
	return []reg.VecVirtual{
		l.plus(l.plus(d[0], -2./3, s1), 1./6, s2),
		l.plus(l.times(d1, -2./3*rootHalf), rootTwo/6, d2),
		l.plus(d[5], 1./3, l.sub(s2, s1)),
	}
}
