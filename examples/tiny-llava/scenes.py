"""Scenes for the tiny LLaVA: what is in one, how it is drawn, and what can be said about it.

SPDX-License-Identifier: Apache-2.0

A scene is a large and a small shape on a light background. The larger one is always named first,
so that every picture has exactly one caption.
"""
import io
import math
import random
from dataclasses import dataclass

import numpy
from PIL import Image, ImageDraw

COLOURS = {"red": (214, 40, 40), "green": (40, 160, 60), "blue": (40, 80, 210),
           "yellow": (240, 205, 40), "purple": (130, 50, 170), "orange": (240, 130, 30)}
SHAPES = ["circle", "square", "triangle", "star"]
RELATIONS = {"left of": "right of", "right of": "left of", "above": "below", "below": "above"}
# What two things may have in common.
ALIKE = ("shape", "colour", "nothing")
DESCRIBE = "Describe this image."


@dataclass(frozen=True)
class Thing:
    colour: str
    shape: str

    def __str__(self):
        return f"{self.colour} {self.shape}"


def article(phrase):
    return ("an " if str(phrase)[0] in "aeiou" else "a ") + str(phrase)


@dataclass(frozen=True)
class Scene:
    large: Thing
    relation: str
    small: Thing

    @property
    def caption(self):
        return f"{article(self.large)} {self.relation} {article(self.small)}"

    @property
    def held_out(self):
        """Whether training never sees this combination (one in ten; mirror images go together)."""
        colours = list(COLOURS)
        upright = self.relation in ("above", "below")
        return (7 * colours.index(self.large.colour) + 3 * SHAPES.index(self.large.shape)
                + 6 * colours.index(self.small.colour) + 4 * SHAPES.index(self.small.shape)
                + (self.relation == "above") + 2 * upright) % 10 == 0

    @property
    def alike(self):
        """What both things have in common, so that only the other tells which is which."""
        if self.large.shape == self.small.shape:
            return "shape"
        return "colour" if self.large.colour == self.small.colour else "nothing"

    def mirrored(self):
        """The scene as a mirror shows it, left and right exchanged."""
        if self.relation in ("above", "below"):
            return self
        return Scene(self.large, RELATIONS[self.relation], self.small)


def random_thing(draw):
    return Thing(draw.choice(list(COLOURS)), draw.choice(SHAPES))


def random_scene(draw, held_out=None, alike=ALIKE):
    """A scene; `held_out` True or False asks for one inside or outside the held-out set, `alike` for
    two things that have one of these in common."""
    while True:
        scene = Scene(random_thing(draw), draw.choice(list(RELATIONS)), random_thing(draw))
        if (scene.large != scene.small and held_out in (None, scene.held_out)
                and scene.alike in alike):
            return scene


def wrong_captions(scene, draw):
    """Eight captions that nearly fit: what the image tower must learn to tell apart."""
    large, small, relation = scene.large, scene.small, scene.relation

    def other(names, name):
        return draw.choice([one for one in names if one != name])

    return [near.caption for near in (
        Scene(large, RELATIONS[relation], small),
        Scene(large, other(RELATIONS, relation), small),
        Scene(small, RELATIONS[relation], large),
        Scene(Thing(large.colour, other(SHAPES, large.shape)), relation, small),
        Scene(Thing(large.colour, other(SHAPES, large.shape)), relation, small),
        Scene(large, relation, Thing(small.colour, other(SHAPES, small.shape))),
        Scene(large, relation, Thing(small.colour, other(SHAPES, small.shape))),
        Scene(Thing(small.colour, large.shape), relation, Thing(large.colour, small.shape)))]


def questions(scene, draw):
    """(kind, question, answer) of every question that has one right answer in this scene."""
    asked = [("caption", DESCRIBE, scene.caption)]
    pair = [(scene.large, scene.relation, scene.small),
            (scene.small, RELATIONS[scene.relation], scene.large)]
    for this, relation, other in pair:
        asked.append(("relation", f"Where is the {this}?", f"{relation} the {other}"))
        asked.append(("shape", f"What shape is {RELATIONS[relation]} the {this}?", other.shape))
        if this.shape != other.shape:
            asked.append(("colour", f"What colour is the {this.shape}?", this.colour))
        if this.colour != other.colour:
            asked.append(("shape", f"What shape is {this.colour}?", this.shape))
    present = draw.choice([scene.large, scene.small])
    asked.append(("yes or no", f"Is there {article(present)}?", "yes"))
    asked.append(("yes or no", f"Is there {article(absent_thing(scene, draw))}?", "no"))
    return asked


def absent_thing(scene, draw):
    """A thing that is not there; often one put together from what is."""
    there = (scene.large, scene.small)
    while True:
        if draw.random() < 0.7:
            thing = Thing(draw.choice(there).colour, draw.choice(SHAPES))
            if draw.random() < 0.5:
                thing = Thing(draw.choice(list(COLOURS)), draw.choice(there).shape)
        else:
            thing = random_thing(draw)
        if thing not in there:
            return thing


def outline(shape, centre, radius, turn):
    """The corners of a shape of this radius (circle: many corners), turned by `turn` radians."""
    if shape == "circle":
        points = [(math.cos(a * math.pi / 24), math.sin(a * math.pi / 24)) for a in range(48)]
        points = [(0.9 * x, 0.9 * y) for x, y in points]
    elif shape == "square":
        points = [(-.8, -.8), (.8, -.8), (.8, .8), (-.8, .8)]
    elif shape == "triangle":
        points = [(0, -1), (.95, .75), (-.95, .75)]
    else:
        points = [((1.1 if i % 2 == 0 else .45) * math.sin(i * math.pi / 5),
                   -(1.1 if i % 2 == 0 else .45) * math.cos(i * math.pi / 5)) for i in range(10)]
    sine, cosine = math.sin(turn), math.cos(turn)
    return [(centre[0] + radius * (x * cosine - y * sine),
             centre[1] + radius * (x * sine + y * cosine)) for x, y in points]


def arrange(relation, draw):
    """Centres and radii, in shares of the side, of the large and the small shape."""
    sign = -1 if relation in ("left of", "above") else 1
    while True:
        large, small = draw.uniform(.21, .25), draw.uniform(.145, .165)
        first = [draw.uniform(large + .03, .97 - large) for _ in range(2)]
        second = [draw.uniform(small + .03, .97 - small) for _ in range(2)]
        along = 0 if relation in ("left of", "right of") else 1
        distance = (first[along] - second[along]) * sign
        across = abs(first[1 - along] - second[1 - along])
        if distance > large + small + .02 and across < .45 * distance:
            return (first, large), (second, small)


def render(scene, draw, width=224, height=224, masks=None):
    """An RGB picture of the scene; everything lies inside the central square.

    A list given as `masks` receives the mask of the large and of the small shape.
    """
    side, shift = min(width, height), (max(0, width - height) / 2, max(0, height - width) / 2)
    light = numpy.array([draw.randint(205, 250) for _ in range(3)])
    corners = light + numpy.array([[draw.randint(-16, 5) for _ in range(3)] for _ in range(4)])
    corners = Image.fromarray(corners.clip(0, 255).astype(numpy.uint8).reshape(2, 2, 3))
    picture = corners.resize((width, height), Image.Resampling.BILINEAR)
    for thing, (centre, radius) in zip((scene.large, scene.small), arrange(scene.relation, draw)):
        place = [2 * (offset + side * value) for offset, value in zip(shift, centre)]
        mask = Image.new("L", (2 * width, 2 * height))
        corners = outline(thing.shape, place, 2 * side * radius, draw.uniform(-.18, .18))
        ImageDraw.Draw(mask).polygon(corners, fill=255)
        ink = tuple(min(255, max(0, value + draw.randint(-16, 16)))
                    for value in COLOURS[thing.colour])
        mask = mask.reduce(2)
        picture.paste(ink, mask=mask)
        if masks is not None:
            masks.append(mask)
    grain = numpy.random.default_rng(draw.getrandbits(32))
    noise = grain.integers(-6, 7, (height, width, 1), numpy.int16) * draw.randint(0, 1)
    return Image.fromarray((numpy.asarray(picture) + noise).clip(0, 255).astype(numpy.uint8))


def jpeg(picture, quality=90, progressive=False):
    """The bytes of the picture as a JPEG file."""
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=quality, progressive=progressive)
    return file.getvalue()


def preprocess(picture, side):
    """What CLIP's image processor does before it normalises: [side, side, 3] bytes."""
    picture = picture.convert("RGB")
    width, height = picture.size
    short, long = min(width, height), max(width, height)
    scaled = (side, int(side * long / short))
    picture = picture.resize(scaled if width <= height else scaled[::-1], Image.Resampling.BICUBIC)
    left, top = (picture.width - side) // 2, (picture.height - side) // 2
    return numpy.asarray(picture.crop((left, top, left + side, top + side)))


def photograph(seed, held_out=None, masks=None, alike=ALIKE):
    """A random scene, the JPEG file of its picture, and the draw that goes on from there."""
    draw = random.Random(seed)
    scene = random_scene(draw, held_out, alike)
    edge = draw.choice([160, 192, 224, 256])
    return scene, jpeg(render(scene, draw, edge, edge, masks), draw.randint(75, 95)), draw


def seen_by_tower(file, side):
    """A picture's file as the tower sees it: [side, side, 3] bytes."""
    return preprocess(Image.open(io.BytesIO(file)), side)


def sample(seed, side, held_out=None):
    """A random scene, its picture as the tower sees it, after a trip through JPEG, and what covers
    each of the 8 by 8 patches: 0 nothing, 1 the large shape, 2 the small one."""
    masks = []
    scene, file, _ = photograph(seed, held_out, masks)
    shares = [numpy.asarray(mask.resize((8, 8), Image.Resampling.BOX)) for mask in masks]
    cover = numpy.argmax(numpy.stack([numpy.full((8, 8), 80)] + shares), 0).astype(numpy.uint8)
    return scene, seen_by_tower(file, side), cover
