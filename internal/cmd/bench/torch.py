#!/usr/bin/env python3
"""The work of the Go benchmarks, done by PyTorch, under the same names.

    python3 internal/cmd/bench/torch.py [-bench PATTERN] [-cpu N] [-time SECONDS]

prints lines as `go test -bench` does; `go run ./internal/cmd/bench -turns 5`
runs both in turns and lays them side by side. No test and no user needs this
file. It needs PyTorch 1.13 or later and nothing else.

PyTorch is given every advantage that a user could take: the better of its two
memory layouts for each case, in-place activations, an allocator that never
hands memory back, denormals flushed, labels as one-hot planes made beforehand.
Debian's packages want libopenblas0-openmp beside python3-torch, or its matrix
products are those of the reference BLAS. Each case is warmed up; the time is
the median over its iterations. A case of a whole volume also reports how much
memory a process takes for it beyond what it holds after importing PyTorch, on
Linux, in processes of their own without that allocator, which takes more.
"""

import argparse
import ctypes
import math
import re
import statistics
import subprocess
import sys
import time

# glibc returns large blocks to the system and faults them in again at the next
# use, which costs PyTorch up to a third of a training step.
M_TRIM_THRESHOLD, M_MMAP_MAX = -1, -4
if "-peak" not in sys.argv:
    malloc = ctypes.CDLL(None)
    malloc.mallopt(M_MMAP_MAX, 0)
    malloc.mallopt(M_TRIM_THRESHOLD, -1)

sys.path.pop(0)  # this folder: the file's own name is torch
import torch
import torch.nn.functional as F

PLAIN = {2: torch.contiguous_format, 3: torch.contiguous_format}
LAST = {2: torch.channels_last, 3: torch.channels_last_3d}
LAYOUTS = (PLAIN, LAST)


def by(size):
    return "x".join(map(str, size))


def conv_cases():
    for n, cin, cout, k, *size in (
        (8, 32, 32, 3, 160, 192), (8, 64, 32, 3, 160, 192), (1, 32, 32, 3, 160, 192), (1, 64, 32, 3, 160, 192),
        (8, 64, 64, 3, 80, 96), (1, 64, 64, 3, 80, 96),
        (8, 1, 32, 3, 160, 192), (8, 3, 32, 3, 160, 192), (8, 32, 24, 1, 160, 192),
        (1, 16, 16, 3, 96, 96, 96), (1, 32, 32, 3, 96, 96, 96), (1, 32, 32, 3, 48, 48, 48),
        (1, 1, 16, 3, 96, 96, 96), (1, 32, 32, 1, 96, 96, 96),
        (1, 64, 64, 3, 37, 37), (1, 64, 64, 3, 19, 19), (1, 64, 64, 3, 10, 12),
        (1, 64, 64, 3, 5, 5), (8, 64, 64, 3, 2, 2), (8, 64, 64, 3, 1, 1),
    ):
        name = f"BenchmarkConv/dims={len(size)}/n={n}/in={cin}/out={cout}/size={by(size)}"
        if k == 1:
            name += "/k=1"
        for i, which in enumerate(("forward", "input", "weight")):
            yield f"{name}/pass={which}", LAYOUTS, conv(i, n, cin, cout, k, size)


def conv(which, n, cin, cout, k, size):
    def setup(layout):
        d = len(size)
        x = torch.randn(n, cin, *size).contiguous(memory_format=layout[d])
        y = torch.randn(n, cout, *size).contiguous(memory_format=layout[d])
        w = torch.randn(cout, cin, *[k] * d).contiguous(memory_format=layout[d])
        b = torch.randn(cout)
        where = [1] * d, [k // 2] * d, [1] * d  # stride, padding, dilation
        if which == 0:
            return lambda: torch.convolution(x, w, b, *where, False, [0] * d, 1)
        mask = [which == 1, which == 2, which == 2]
        return lambda: torch.ops.aten.convolution_backward(y, x, w, [cout], *where, False, [0] * d, 1, mask)

    return setup


def rescale_cases():
    for n, c, old, new in (
        (8, 32, (160, 192), (80, 96)), (8, 32, (160, 192), (77, 91)),
        (8, 32, (80, 96), (160, 192)), (8, 32, (77, 91), (160, 192)),
        (1, 16, (96, 96, 96), (48, 48, 48)), (1, 16, (96, 96, 96), (37, 37, 37)),
        (1, 16, (48, 48, 48), (96, 96, 96)), (1, 16, (37, 37, 37), (96, 96, 96)),
        (1, 1, (160, 192, 224), (128, 128, 128)),
    ):
        name = f"BenchmarkRescale/dims={len(old)}/n={n}/c={c}/from={by(old)}/to={by(new)}"
        for back in False, True:
            yield f"{name}/pass={'backward' if back else 'forward'}", LAYOUTS, rescale(back, n, c, old, new)


def rescale(back, n, c, old, new):
    def setup(layout):
        d = len(old)
        kind = {2: "upsample_bilinear2d", 3: "upsample_trilinear3d"}[d] + ("_backward" if back else "")
        op = getattr(torch.ops.aten, kind).default if back else getattr(torch.ops.aten, kind)
        x = torch.randn(n, c, *(new if back else old)).contiguous(memory_format=layout[d])
        scales = [None] * d
        if back:
            return lambda: op(x, list(new), [n, c, *old], False, *scales)
        return lambda: op(x, list(new), False, *scales)

    return setup


def other_cases():
    for n in 512, 2048:
        yield f"BenchmarkGEMM/{n}", [None], lambda _, n=n: product(n)
    for which in "forward", "input", "weight":
        yield f"BenchmarkHyperHead/pass={which}", [None], lambda _, which=which: hyper_head(which, 96, 110_000)
    yield "BenchmarkAdam/10.7M", [None], lambda _: adam(10_700_000)
    for back in False, True:
        name = f"BenchmarkLoss/n=8/c=24/size=160x192/loss=dicece/pass={'backward' if back else 'forward'}"
        yield name, LAYOUTS, lambda layout, back=back: loss_alone(back, layout, 8, 24, (160, 192))


def product(n):
    x, y, z = torch.randn(n, n), torch.randn(n, n), torch.empty(n, n)
    return lambda: torch.mm(x, y, out=z)


def hyper_head(which, k, n):
    """The last layer of a hypernetwork, and its two gradients."""
    h, gy, w = torch.randn(1, k), torch.randn(1, n), torch.randn(n, k)
    if which == "forward":
        return lambda: F.linear(h, w)
    if which == "input":
        return lambda: gy @ w
    gw = torch.zeros(n, k)
    return lambda: gw.addmm_(gy.t(), h)


def adam(n):
    x = torch.zeros(n, requires_grad=True)
    x.grad = torch.randn(n)
    return torch.optim.Adam([x], 1e-3).step


def dice_ce(logits, labels, hot):
    """Dice over the classes but the background, plus cross-entropy."""
    log_p = F.log_softmax(logits, 1)
    p = log_p.exp()
    axes = [0, *range(2, p.dim())]
    both, total = (p * hot).sum(axes), p.sum(axes) + hot.sum(axes)
    dice = (2 * both + 1e-5) / (total + 1e-5)
    return 1 - dice[1:].mean() + F.nll_loss(log_p, labels)


def label_maps(layout, n, classes, size):
    labels = torch.randint(classes, (n, *size))
    hot = F.one_hot(labels, classes).movedim(-1, 1).float()
    return labels, hot.contiguous(memory_format=layout[len(size)])


def loss_alone(back, layout, n, classes, size):
    labels, hot = label_maps(layout, n, classes, size)
    x = torch.randn(n, classes, *size).contiguous(memory_format=layout[len(size)]).requires_grad_()
    if not back:
        return lambda: dice_ce(x, labels, hot)
    loss = dice_ce(x, labels, hot)
    return lambda: torch.autograd.grad(loss, x, retain_graph=True)


def network_cases():
    yield volume_case(1, (160, 192, 224), 16, 24, 0.25, 4)
    for phi in 0.25, 0.5:
        slices, cells = (1, (160, 192), 32, 24), (3, (128, 128), 32, 3)
        cube = lambda n: (1, (n, n, n), 16, 24)
        for n, what in (1, slices), (8, slices), (8, cells), (1, cube(96)):
            yield case("UNet", n, *what, phi, "forward")
        for n, what in (1, slices), (8, slices), (8, cells), (1, cube(64)):
            yield case("UNet", n, *what, phi, "train")
            yield case("SSHN", n, *what, phi, "train")
        yield case("UNet", 1, *slices, phi, "forward", norm=True)
        yield case("UNet", 8, *cells, phi, "train", norm=True)
        yield case("SSHN", 8, *cells, phi, "train", norm=True)


def case(kind, n, cin, size, width, classes, phi, which, norm=False):
    normed = "/norm=instance" if norm else ""
    name = f"Benchmark{kind}/dims={len(size)}/n={n}/in={cin}/size={by(size)}/width={width}/classes={classes}/phi={phi}{normed}/pass={which}"

    def setup(layout):
        net = UNet(layout, len(size), cin, width, classes, phi, norm=norm)
        x = torch.rand(n, cin, *size).contiguous(memory_format=layout[len(size)])
        if which == "forward":
            def forward():
                with torch.no_grad():
                    net.forward(net.params, x)
            return forward
        labels, hot = label_maps(layout, n, classes, size)
        source = Hyper(net, phi) if kind == "SSHN" else net
        optimiser = torch.optim.Adam(source.params, 1e-3)

        def train():
            optimiser.zero_grad(set_to_none=True)
            dice_ce(net.forward(source.theta(), x), labels, hot).backward()
            optimiser.step()

        return train

    return name, LAYOUTS, setup


def volume_case(cin, size, width, classes, phi, levels):
    """A whole volume, from image to classes."""
    name = f"BenchmarkVolume/dims=3/n=1/in={cin}/size={by(size)}/width={width}/classes={classes}/phi={phi}/levels={levels}"

    def setup(layout):
        net = UNet(layout, 3, cin, width, classes, phi, levels)
        x = torch.rand(1, cin, *size).contiguous(memory_format=layout[3])

        def segment():
            with torch.inference_mode():
                net.forward(net.params, x).argmax(1)

        return segment

    return name, LAYOUTS, setup


class UNet:
    """Levels of one convolution and LeakyReLU each, rescaled by phi; with norm, there
    is an instance norm between, and no map is more than 16 times coarser than x."""

    def __init__(self, layout, dims, cin, width, classes, phi, levels=5, norm=False):
        self.dims, self.phi, self.levels, self.norm = dims, phi, levels, norm
        stages = [(cin, width)] + [(width, width)] * (levels - 1) + [(2 * width, width)] * (levels - 1)
        shapes = [(o, i, *[3] * dims) for i, o in stages] + [(classes, width, *[1] * dims)]
        self.params = []
        for shape in shapes:
            w = torch.empty(shape)
            torch.nn.init.kaiming_normal_(w, 0.01)
            w = w.contiguous(memory_format=layout[dims])
            self.params += [w.requires_grad_(), torch.zeros(shape[0], requires_grad=True)]
            if norm and shape is not shapes[-1]:
                self.params += [torch.ones(shape[0], requires_grad=True), torch.zeros(shape[0], requires_grad=True)]

    def theta(self):
        return self.params

    def forward(self, theta, x):
        theta = iter(theta)
        conv = F.conv2d if self.dims == 2 else F.conv3d


        def stage(x):
            x = conv(x, next(theta), next(theta), padding=1)
            if self.norm:
                x = F.instance_norm(x, weight=next(theta), bias=next(theta))
            return F.leaky_relu(x, 0.01, inplace=True)

        mode = "bilinear" if self.dims == 2 else "trilinear"
        resize = lambda x, size: F.interpolate(x, size, mode=mode, align_corners=False)
        skips = []
        least = [math.ceil(n / 16) if self.norm else 1 for n in x.shape[2:]]
        for _ in range(self.levels - 1):
            skips.append(stage(x))
            x = resize(skips[-1], [max(math.ceil(self.phi * n), m) for n, m in zip(x.shape[2:], least)])
        x = stage(x)
        while skips:
            x = stage(torch.cat([skips[-1], resize(x, skips.pop().shape[2:])], 1))
        return conv(x, next(theta), next(theta))


class Hyper:
    """theta of a UNet as a function of phi; its start is the UNet's own."""

    def __init__(self, net, phi):
        self.net, self.condition = net, torch.tensor([[phi, 1 - phi]])
        widths = (2, 16, 64, 96, sum(p.numel() for p in net.params))
        self.layers = [torch.nn.Linear(a, b) for a, b in zip(widths, widths[1:])]
        with torch.no_grad():
            self.layers[-1].weight.mul_(1e-2)
            self.layers[-1].bias.copy_(torch.cat([flat(p) for p in net.params]))
        self.params = [p for layer in self.layers for p in layer.parameters()]

    def theta(self):
        h = self.condition
        for layer in self.layers[:-1]:
            h = F.leaky_relu(layer(h), 0.01)
        params = self.net.params
        pieces = self.layers[-1](h)[0].split([p.numel() for p in params])
        return [piece_as(p, piece) for p, piece in zip(params, pieces)]


def flat(w):
    """The elements in their order in memory."""
    return (w if w.is_contiguous() else w.movedim(1, -1)).reshape(-1)


def piece_as(w, piece):
    """The inverse of flat: a view of a piece of theta, shaped and laid out as w."""
    return piece.view(w.shape) if w.is_contiguous() else piece.view(w.movedim(1, -1).shape).movedim(-1, 1)


def measure(step, seconds):
    """The median time of an iteration in ns, and how many there were."""
    times, end = [], time.perf_counter() + seconds
    while len(times) < 3 or time.perf_counter() < end:
        start = time.perf_counter_ns()
        step()
        times.append(time.perf_counter_ns() - start)
    return statistics.median(times), len(times)


def better(layouts, setup, seconds):
    """Measures the layouts, one that is far behind after warm-up but briefly."""
    best = math.inf, 0
    for layout in layouts:
        step = setup(layout)
        warm, _ = measure(step, 0)
        if warm < 2 * best[0]:
            best = min(best, measure(step, seconds / len(layouts)))
    return best


def peak():
    """The most bytes that the process has held."""
    with open("/proc/self/status") as f:
        return next(int(line.split()[1]) << 10 for line in f if line.startswith("VmHWM:"))


def least_peak(name, layouts, cpu):
    """The lesser of what the layouts take, each in a process of its own."""
    run = [sys.executable, __file__, "-bench", f"^{re.escape(name)}$", "-cpu", str(cpu), "-peak"]
    return min(float(subprocess.check_output(run + [str(i)])) for i in range(len(layouts)))


def main():
    flags = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    flags.add_argument("-bench", default=".", help="a regular expression that names must match")
    flags.add_argument("-cpu", type=int, default=2, help="threads")
    flags.add_argument("-time", type=float, default=1, help="seconds for a case, at least three iterations")
    flags.add_argument("-list", action="store_true", help="print the names only")
    flags.add_argument("-peak", type=int, help="run a layout of one case once, and print the megabytes that it takes")
    args = flags.parse_args()
    torch.set_flush_denormal(True)  # before there are threads, which inherit it
    torch.set_num_threads(args.cpu)
    torch.manual_seed(1)
    cases = [c for f in (conv_cases, rescale_cases, other_cases, network_cases) for c in f()]
    for name, layouts, setup in cases:
        if not re.search(args.bench, name):
            continue
        if args.list:
            print(name)
            continue
        if args.peak is not None:
            before = peak()
            setup(layouts[args.peak])()
            print((peak() - before) / 1e6)
            continue
        memory = ""
        if name.startswith("BenchmarkVolume/") and sys.platform == "linux":
            memory = f"\t{least_peak(name, layouts, args.cpu):.0f} peak-MB"
        ns, n = better(layouts, setup, args.time)
        threads = f"-{args.cpu}" if args.cpu > 1 else ""
        print(f"{name}{threads}\t{n}\t{ns:.0f} ns/op{memory}", flush=True)


if __name__ == "__main__":
    main()
