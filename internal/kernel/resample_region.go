package kernel

// Region computes the outputs [from, from+count) of one of the maps of x. It
// writes them to dense rows of pixels that lie stride elements apart.
func (r *Resampling) Region(to []float32, stride int, x []float32, image int, from, count [3]int) {
	in, _ := r.sizes()
	x = x[image*volume(in)*r.C:][:volume(in)*r.C]
	for i := range volume(count) {
		y, p := to[i*stride:][:r.C], unravel(i, count)
		d, wd := r.Axes[0].at(from[0] + p[0])
		h, wh := r.Axes[1].at(from[1] + p[1])
		w, ww := r.Axes[2].at(from[2] + p[2])
		clear(y)
		for a := range wd {
			for b := range wh {
				for k, v := range ww {
					at := ((d+a)*in[1]+h+b)*in[2] + w + k
					Axpy(y, x[at*r.C:][:r.C], wd[a]*wh[b]*v)
				}
			}
		}
	}
}
