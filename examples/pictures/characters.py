"""characters: bits per letter as two networks learn and as they read on, and where a transformer looks."""

from _common import BLACK, BLUE, ORANGE, lines, save

from tinygrad_edu.viz.plots import subplots


def bits(known, nets, out):
    """Bits by epoch, seen and unseen, over what counting knows; and bits by how much has been read."""
    figure, (first, second) = subplots(1, 2, (5.2, 4.2))
    for (name, net), color, mark in zip(nets.items(), (BLUE, ORANGE), ("o", "s"), strict=True):
        epochs = range(1, 1 + len(net["history"]))
        for column, text, line in ("val_loss", "unseen", "-"), ("loss", "seen", ":"):
            label, full = f"{name}, {text} text", "full" if text == "unseen" else "none"
            first.plot(epochs, net["history"][column], mark + line, color=color, label=label, fillstyle=full)
    for (n, value), style in zip(known.items(), (":", "--", "-."), strict=True):
        first.axhline(value, color=BLACK, linestyle=style, linewidth=1, label=f"counting {n} in a row")
    first.set(title="First they learn English, then by heart", ylabel="bits per letter", ylim=(0, 6))
    first.set_xlabel("epoch (seen text: the mean while learning)")
    first.xaxis.get_major_locator().set_params(integer=True)
    first.legend(frameon=False, fontsize=8, ncols=2, loc="upper right")
    lines(second, {name: net["places"] for name, net in nets.items()}, title="The last few letters say most")
    second.set(xlabel="letters read", ylabel="bits per unseen letter")
    return save(figure, out, "characters.png")


def attention(looks, text, out):
    """A square for each head: rows look, columns are looked at."""
    figure, panels = subplots(2, 2, (4.2, 4.0))
    for head, (axes, looked) in enumerate(zip(panels, looks, strict=True)):
        image = axes.imshow(looked, cmap="viridis", vmin=0, vmax=1)
        axes.set(title=f"head {head + 1}", xlabel="is looked at", ylabel="looks")
        axes.set_xticks(range(len(text)), text, fontsize=7)
        axes.set_yticks(range(len(text)), text, fontsize=7)
        axes.grid(False)
    figure.colorbar(image, ax=panels, label="share of attention", shrink=0.6)
    save(figure, out, "attention.png")
