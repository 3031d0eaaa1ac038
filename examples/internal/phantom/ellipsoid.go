package phantom

import "math"

// An ellipsoid lies at a centre, in mm, with three semi-axes, in mm, turned by
// angles in degrees: yaw about the second axis, then pitch about the first,
// then roll about the third. In a coronal slice, roll is what one sees.
type ellipsoid struct{ centre, semi, turn vec } // turn: roll, pitch, yaw

// grown returns the ellipsoid with its semi-axes longer by mm.
func (e ellipsoid) grown(mm float64) ellipsoid {
	e.semi = e.semi.plus(vec{mm, mm, mm})
	return e
}

// A solid is an ellipsoid made ready for questions.
type solid struct {
	centre vec
	m      matrix // p lies on the surface if m (p - centre) has length 1
	reach  vec    // the least box: from centre - reach to centre + reach
}

func (e ellipsoid) solid() solid {
	r := rotation(e.turn)
	a, b, c := r.x.over(e.semi.x), r.y.over(e.semi.y), r.z.over(e.semi.z)
	extent := func(x, y, z float64) float64 {
		return vec{x * e.semi.x, y * e.semi.y, z * e.semi.z}.norm()
	}
	return solid{e.centre, matrix{a, b, c}, vec{
		extent(r.x.x, r.y.x, r.z.x),
		extent(r.x.y, r.y.y, r.z.y),
		extent(r.x.z, r.y.z, r.z.z),
	}}
}

// contains tells whether p lies inside.
func (s *solid) contains(p vec) bool {
	d := p.minus(s.centre)
	if math.Abs(d.x) > s.reach.x || math.Abs(d.y) > s.reach.y || math.Abs(d.z) > s.reach.z {
		return false
	}
	q := s.m.times(d)
	return q.dot(q) <= 1
}

// depth returns how far below the surface p lies, in mm, negative outside. It
// is exact on the surface and to first order near it.
func (s *solid) depth(p vec) float64 {
	q := s.m.times(p.minus(s.centre))
	// The gradient of |q| is m' q / |q|.
	g := s.m.x.by(q.x).plus(s.m.y.by(q.y)).plus(s.m.z.by(q.z))
	r2 := q.dot(q)
	if r2 == 0 {
		return min(s.reach.x, s.reach.y, s.reach.z)
	}
	return (math.Sqrt(r2) - r2) / g.norm()
}

// union returns the depth in the union of two bodies from the depths in each,
// rounded over r mm where they meet.
func union(a, b, r float64) float64 {
	h := max(r-math.Abs(a-b), 0)
	return max(a, b) + h*h/(4*r)
}
