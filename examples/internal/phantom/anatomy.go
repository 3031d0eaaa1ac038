package phantom

// A region is a part of a structure of the left half, or of the middle. Its
// ellipsoid's first coordinate counts from the middle, outwards.
type region struct {
	id uint8 // FreeSurfer's
	ellipsoid
	spread float64 // standard deviation of the log of the size, in length
}

// The deep structures in the order of painting: a later one covers an earlier
// one. Centres, semi-axes and angles are the means of the structures' first
// and second moments over twenty public label maps (BBillot/SynthSeg, Apache
// licence), long structures in two or three pieces, adjusted by eye where
// pieces meet; the spread is about a third of that of the log of the volume.
// The choroid plexus, which those maps lack, lies on the floor of the
// ventricles and only there.
var deep = []region{
	{8, ellipsoid{vec{22, 136, 76}, vec{25.7, 20, 23.5}, vec{20, 15, -30}}, .05},
	{7, ellipsoid{vec{16, 131, 84}, vec{16, 6.5, 17}, vec{15, 8, -15}}, .05},
	{28, ellipsoid{vec{9, 104, 115}, vec{12, 6.5, 15}, vec{-5, 7, -30}}, .05},
	{16, ellipsoid{vec{0, 118, 106}, vec{12, 12, 13}, vec{0, -37, 0}}, .04},
	{16, ellipsoid{vec{0, 127, 106}, vec{14.5, 14, 14.5}, vec{0, 18, 0}}, .04},
	{16, ellipsoid{vec{0, 145, 98}, vec{9, 18, 7.5}, vec{0, -15, 0}}, .04},
	{15, ellipsoid{vec{0, 129, 91}, vec{6.3, 12.4, 5.3}, vec{0, -13, 0}}, .1},
	{10, ellipsoid{vec{12, 91, 110}, vec{11.5, 9.5, 18}, vec{-44, 27, -8}}, .05},
	{12, ellipsoid{vec{26, 93, 128}, vec{5.5, 11, 20}, vec{8, -3, -20}}, .05},
	{13, ellipsoid{vec{20, 95, 125}, vec{4.8, 6, 12.5}, vec{21, -4, -32}}, .06},
	{26, ellipsoid{vec{9, 97, 139}, vec{5.5, 3, 7.2}, vec{34, 24, 7}}, .07},
	{11, ellipsoid{vec{15, 84, 137}, vec{5, 9.2, 16.8}, vec{44, -33, 19}}, .06},
	{11, ellipsoid{vec{18.5, 76, 111}, vec{2.6, 5, 16}, vec{30, 6, -17}}, .1},
	{18, ellipsoid{vec{23, 111, 127}, vec{8.1, 9.5, 4.5}, vec{-36, 28, 24}}, .08},
	{17, ellipsoid{vec{25, 112, 116}, vec{8.6, 5.4, 13.3}, vec{12, -24, -26}}, .07},
	{17, ellipsoid{vec{24, 104, 96}, vec{11.5, 3.8, 6}, vec{7, -38, -38}}, .07},
	{5, ellipsoid{vec{32, 108, 113}, vec{4, 2.5, 14}, vec{37, -20, 5}}, .2},
	{4, ellipsoid{vec{9, 79, 134}, vec{6.5, 12, 20.3}, vec{41, -13, 15}}, .2},
	{4, ellipsoid{vec{11, 76.5, 107}, vec{12, 5.5, 16}, vec{-34, 20, -5}}, .2},
	{4, ellipsoid{vec{22, 91, 86}, vec{7, 18, 11.6}, vec{-31, -35, 7}}, .2},
	{14, ellipsoid{vec{0, 98, 117}, vec{2.8, 7, 15.7}, vec{0, -10, 0}}, .15},
	{31, ellipsoid{vec{12, 80, 107}, vec{5.5, 1.8, 13}, vec{-34, 20, -5}}, .1},
	{31, ellipsoid{vec{31, 107, 110}, vec{3, 1.5, 12}, vec{30, -20, 5}}, .1},
}

// The cerebrum's outline, before it is folded: lobes that merge, less the
// hollow for the brain stem and the lateral fissure with the insula at its end.
var (
	lobes = []ellipsoid{
		{vec{0, 82, 108}, vec{67, 54, 86}, vec{}},
		{vec{43, 108, 110}, vec{26, 27, 48}, vec{10, 8, -8}},
		{vec{24, 86, 62}, vec{34, 32, 40}, vec{}},
	}
	hollow  = ellipsoid{vec{0, 136, 108}, vec{33, 29, 95}, vec{}}
	fissure = []ellipsoid{
		{vec{60, 98, 126}, vec{23, 1.6, 34}, vec{12, 8, 0}},
		{vec{39.5, 93, 128}, vec{1.4, 13, 24}, vec{-8, 0, 8}},
	}
	// The core is white matter whatever the folds do: it holds the deep
	// structures and joins the halves below the corpus callosum.
	core = []ellipsoid{
		{vec{0, 90, 112}, vec{35, 22, 40}, vec{}},
		{vec{0, 104, 112}, vec{24, 11, 22}, vec{}},
	}
)

const (
	middle      = 79.5 // the i of the plane between the halves
	gap         = 0.9  // mm from that plane to either half
	cortexDepth = 3.4  // mm, on the crown of a fold
	sulcalDepth = 4.0  // mm, in a sulcus
	sulcusWidth = 4.2  // mm from the middle of a sulcus to where it is 1/e as deep
	lengthwise  = .4   // below 1, sulci run rather from back to front
)

// hemisphere is what the sulci are drawn on.
var hemisphere = ellipsoid{centre: vec{24, 86, 108}, semi: vec{42, 52, 84}}
