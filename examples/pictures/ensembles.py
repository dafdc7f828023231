"""ensembles: members and what they say together, Polyak's mean beside its run, nets that lose their blocks."""

from _common import BLUE, GREEN, ORANGE, lines, save

from tinygrad_edu.viz.plots import subplots


def draw(found, out):
    """The three panels, of what the example found."""
    figure, (members, polyak, depth) = subplots(1, 3, (4.8, 3.9))
    together(members, found)
    run, mean = found["polyak"].T
    lines(polyak, {"mean of its weights": mean, "the run itself": run}, title="Polyak's mean is above the noise")
    polyak.set(xlabel="epoch", ylabel="unseen digits read right (%)")
    polyak.xaxis.get_major_locator().set_params(integer=True)
    whole, stochastic = ((range(9), read) for read in found["depth"].values())
    lost = {"trained with up to half left out": stochastic, "trained whole": whole}
    lines(depth, lost, title="Stochastic depth: many nets in one", ylim=(0, 100))
    depth.set(xlabel="blocks taken out, of 8", ylabel="unseen digits read right (%)")
    return save(figure, out, "ensembles.png")


def together(panel, found):
    """A row for each ensemble: its members, their vote above, their mean below."""
    for row, (name, single) in enumerate(found["members"].items()):
        first = row == 0
        panel.plot(single, [row] * len(single), "o", color=BLUE, alpha=0.6, label="each alone" if first else None)
        panel.plot(found["vote"][name], row + 0.16, "s", color=GREEN, label="their vote" if first else None)
        panel.plot(found["mean"][name], row - 0.16, "D", color=ORANGE, label="their mean" if first else None)
    panel.set_yticks(range(len(found["members"])), found["members"])
    panel.set(title="Together they know more than alone", xlabel="unseen digits read right (%)", ylim=(-0.5, 3.2))
    panel.legend(frameon=False, ncols=3, loc="upper center")
