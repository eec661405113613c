#!/usr/bin/env python3
# Makes the images of this folder and the table of what Pillow makes of them.
# SPDX-License-Identifier: Apache-2.0
"""Needs Pillow 13, pillow-heif 1.8 with an HEVC encoder, numpy and avifenc; the tests need none of them.
animation.avif holds the time of its making; all others are the same each time.

expected.tsv, tab-separated: file, whether EXIF is applied (e) or ignored (-), width, height, the
file of expected RGB8 rows, the largest difference that is allowed.
refused.tsv: file, failure code.
"""
import io
import os
import struct
import subprocess
import tempfile

import numpy as np
import pillow_heif
from PIL import Image, ImageOps

pillow_heif.register_heif_opener()
FOLDER = os.path.dirname(os.path.abspath(__file__))
random = np.random.default_rng(20250917)
expected, refused, rows_of = [], [], {}


def picture(width, height, channels=3):
    """Smooth colour with some noise, and a corner of full colours where conversions are clipped."""
    coarse = random.integers(0, 256, (4, 5, channels)).astype(np.uint8)
    planes = [
        np.asarray(Image.fromarray(coarse[:, :, c]).resize((width, height), Image.BICUBIC), int)
        for c in range(channels)
    ]
    noise = random.integers(-12, 13, (height, width, channels))
    pixels = np.clip(np.stack(planes, -1) + noise, 0, 255).astype(np.uint8)
    pixels[:3, :3, :3] = np.array([[255, 0, 0], [0, 255, 0], [0, 0, 255]])
    return pixels


def write(name, data):
    with open(os.path.join(FOLDER, name), "wb") as file:
        file.write(data)


def encoded(image, kind, **options):
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def accept(name, data, tolerance=0, flags="e", rgb=None):
    """Records what Pillow makes of a file, or `rgb` where we differ on purpose."""
    write(name, data)
    if rgb is None:
        image = Image.open(io.BytesIO(data))
        image.load()
        if flags == "e":
            image = ImageOps.exif_transpose(image)
        rgb = np.asarray(image.convert("RGB"))
    rows = rgb.astype(np.uint8).tobytes()
    if rows not in rows_of:
        rows_of[rows] = f"{len(rows_of)}.rgb"
        write(rows_of[rows], rows)
    expected.append([name, flags, rgb.shape[1], rgb.shape[0], rows_of[rows], tolerance])


def refuse(name, code, data):
    write(name, data)
    refused.append([name, f"image/{code}"])


RGB = Image.fromarray(picture(23, 17))
RGBA = Image.fromarray(picture(23, 17, 4), "RGBA")
OTHER = Image.fromarray(picture(23, 17))
SMALL = Image.fromarray(picture(13, 7))


def exif(orientation):
    data = Image.Exif()
    data[0x0112] = orientation
    return data


def make_webp():
    accept("lossless.webp", encoded(RGB, "WEBP", lossless=True))
    accept("lossy.webp", encoded(RGB, "WEBP", quality=60))
    accept("alpha-lossless.webp", encoded(RGBA, "WEBP", lossless=True, exact=True))
    accept("alpha-lossy.webp", encoded(RGBA, "WEBP", quality=60))
    accept(
        "animation.webp",
        encoded(RGB, "WEBP", save_all=True, append_images=[OTHER], lossless=True))
    part = Image.new("RGBA", RGBA.size, (0, 0, 0, 0))
    part.paste(RGBA.crop((0, 0, 11, 9)), (6, 4))
    accept(
        "animation-part.webp",
        encoded(part, "WEBP", save_all=True, append_images=[RGBA], lossless=True))
    for orientation in 3, 6:
        data = encoded(SMALL, "WEBP", lossless=True, exif=exif(orientation))
        accept(f"orientation-{orientation}.webp", data)
        accept(f"orientation-{orientation}.webp", data, flags="-")
    whole = encoded(RGB, "WEBP", lossless=True)
    refuse("cut.webp", "truncated", whole[:len(whole) // 2])
    refuse("empty.webp", "corrupt", b"RIFF\x04\0\0\0WEBP")
    refuse("damaged.webp", "corrupt", whole[:40] + bytes(len(whole) - 40))
    canvas = b"VP8X\x0a\0\0\0\0\0\0\0\xff\xff\xff\xff\xff\xff"
    refuse(
        "bomb.webp", "too-large",
        b"RIFF" + struct.pack("<I", len(whole) - 8 + len(canvas)) + b"WEBP" + canvas + whole[12:])


def make_gif():
    accept("palette.gif", encoded(RGB.quantize(200), "GIF", interlace=0))
    accept("interlaced.gif", encoded(RGB.quantize(40), "GIF", interlace=1))
    accept("grey.gif", encoded(RGB.convert("L"), "GIF"))
    accept("two-colours.gif", encoded(RGB.convert("1"), "GIF"))
    accept(
        "animation.gif",
        encoded(RGB.quantize(30), "GIF", save_all=True, append_images=[OTHER.quantize(20)]))
    large = Image.fromarray(picture(90, 70))
    accept("many-codes.gif", encoded(large.quantize(256), "GIF", interlace=0))
    for name, options in ("", {}), ("-transparent", {"transparency": 3}):
        data = bytearray(encoded(RGB.quantize(30), "GIF", **options))
        # A larger screen, on which the image does not begin at the corner.
        data[6:10] = struct.pack("<HH", 31, 29)
        at = data.index(b"\x2c\0\0\0\0")
        data[at + 1:at + 5] = struct.pack("<HH", 5, 9)
        accept(f"part{name}.gif", bytes(data))
        data[6:10] = struct.pack("<HH", 3, 2)
        accept(f"larger-than-screen{name}.gif", bytes(data))
    whole = encoded(RGB.quantize(30), "GIF")
    refuse("cut.gif", "truncated", whole[:len(whole) * 2 // 3])
    refuse("no-image.gif", "corrupt", whole[:6] + struct.pack("<HHBBB", 3, 3, 0, 0, 0) + b";")
    at = whole.index(b"\x2c\0\0\0\0") + 10
    refuse("wide-codes.gif", "corrupt", whole[:at] + b"\x0c" + whole[at + 1:])
    refuse("unknown-code.gif", "corrupt", whole[:at] + b"\x02\x02\xff\xff\0;")
    refuse("short.gif", "corrupt", whole[:at] + b"\x02\x02\x44\x01\0;")
    refuse("bomb.gif", "too-large", whole[:6] + b"\xff\xff\xff\xff" + whole[10:])


def bmp(width, height, bits, compression, data, palette=b"", masks=b"", colours=0):
    offset = 54 + len(masks) + len(palette)
    header = struct.pack(
        "<IiiHHIIiiII", 40, width, height, 1, bits, compression, len(data), 0, 0, colours, 0)
    return (
        b"BM" + struct.pack("<IHHI", offset + len(data), 0, 0, offset) + header + masks + palette
        + data)


def make_bmp():
    for name, image in [
        ("rgb", RGB), ("rgba", RGBA), ("grey", RGB.convert("L")), ("one-bit", RGB.convert("1")),
        ("palette", RGB.quantize(99)),
    ]:
        accept(f"{name}.bmp", encoded(image, "BMP"))
    noise = lambda count: random.integers(0, 256, count).astype(np.uint8).tobytes()
    accept("16-bit.bmp", bmp(7, 5, 16, 0, noise(16 * 5)))
    accept("top-down.bmp", bmp(7, -5, 24, 0, noise(24 * 5)))
    masks = struct.pack("<III", 0xF800, 0x7E0, 0x1F)
    accept("16-bit-565.bmp", bmp(7, 5, 16, 3, noise(16 * 5), masks=masks))
    masks = struct.pack("<III", 0xFF000000, 0xFF0000, 0xFF00)
    accept("32-bit-masks.bmp", bmp(7, 5, 32, 3, noise(28 * 5), masks=masks))
    colours = noise(4 * 13)
    accept("4-bit.bmp", bmp(7, 5, 4, 0, noise(4 * 5), colours, colours=13))
    two = bytes([9, 80, 200, 0, 30, 20, 10, 0])
    accept("1-bit-colours.bmp", bmp(7, 5, 1, 0, noise(4 * 5), two))
    runs = bytes([5, 3, 2, 9, 0, 0, 0, 4, 1, 2, 3, 4, 3, 7, 0, 0, 7, 11, 0, 2, 3, 1, 4, 12])
    accept("rle8.bmp", bmp(7, 5, 8, 1, runs + bytes([0, 0, 7, 1, 0, 1]), noise(4 * 13), colours=13))
    runs = bytes([5, 0x3A, 2, 0x99, 0, 0, 0, 5, 0x12, 0x34, 0x50, 0, 2, 0x77, 0, 0])
    # Without an end of line the row that is full takes no more.
    runs += bytes([7, 0x1B, 3, 0xCD, 0, 0]) + bytes([7, 0x1B, 0, 0]) * 2
    accept("rle4.bmp", bmp(7, 5, 4, 2, runs, noise(4 * 16)))
    old = struct.pack("<IHHHH", 12, 7, 5, 1, 8)
    accept(
        "os2.bmp",
        b"BM" + struct.pack("<IHHI", 0, 0, 0, 26 + 768) + old + noise(768) + noise(8 * 5))
    whole = encoded(RGB, "BMP")
    refuse("cut.bmp", "truncated", whole[:-1])
    refuse("jpeg-inside.bmp", "unsupported", bmp(7, 5, 24, 4, noise(99)))
    refuse("2-bit.bmp", "unsupported", bmp(7, 5, 2, 0, noise(99)))
    refuse("masks.bmp", "unsupported", bmp(7, 5, 16, 3, noise(99), masks=bytes(12)))
    refuse("rle8-cut.bmp", "truncated", bmp(7, 5, 8, 1, bytes([5, 3]), noise(1024)))
    refuse("bomb.bmp", "too-large", bmp(60000, 60000, 24, 0, b""))
    refuse("empty.bmp", "empty", bmp(0, 5, 24, 0, b""))


def make_tiff():
    for name, image, options in [
        ("plain", RGB, {}), ("lzw", RGB, {"compression": "tiff_lzw"}),
        ("deflate", RGB, {"compression": "tiff_adobe_deflate"}),
        ("packbits", RGB, {"compression": "packbits"}), ("big", RGB, {"big_tiff": True}),
        ("rgba", RGBA, {"compression": "tiff_lzw"}), ("grey", RGB.convert("L"), {}),
        ("one-bit", RGB.convert("1"), {"compression": "group4"}),
        ("palette", RGB.quantize(99), {}), ("grey-alpha", RGBA.convert("LA"), {}),
        ("cmyk", Image.fromarray(picture(23, 17, 4), "CMYK"), {"compression": "tiff_lzw"}),
        ("pages", RGB, {"save_all": True, "append_images": [OTHER]}),
    ]:
        accept(f"{name}.tif", encoded(image, "TIFF", **options))
    accept("jpeg.tif", encoded(RGB, "TIFF", compression="jpeg"), tolerance=2)
    accept("ycbcr.tif", encoded(RGB.convert("YCbCr"), "TIFF"), tolerance=2)
    for orientation in 3, 6, 7:
        data = encoded(SMALL, "TIFF", exif=exif(orientation))
        accept(f"orientation-{orientation}.tif", data)
        accept(f"orientation-{orientation}.tif", data, flags="-")
    wide = random.integers(0, 65536, (5, 9)).astype(np.uint16)
    accept("16-bit.tif", encoded(Image.fromarray(wide), "TIFF"),
           rgb=np.repeat((wide >> 8)[..., None], 3, -1))
    accept("tiles.tif", tiled(picture(37, 21)))
    accept("planes.tif", planes(picture(9, 5)))
    accept("rgb-16-bit.tif", strips(random.integers(0, 65536, (5, 9, 3)).astype("<u2"), 16, 2))
    whole = encoded(RGB, "TIFF", compression="tiff_lzw")
    refuse("cut.tif", "corrupt", whole[:len(whole) // 2])
    refuse("no-directory.tif", "corrupt", whole[:8])
    floats = np.zeros((3, 4), np.float32)
    refuse("float.tif", "unsupported", encoded(Image.fromarray(floats), "TIFF"))
    # A block of 1.2 GB for ten by ten pixels; the tests ask where its memory ends.
    write("huge-tile.tif", tiff(
        common(10, 10, 3, 8)
        + [(322, 3, [20000]), (323, 3, [20000]), (324, 4, [8]), (325, 4, [9])], bytes(9)))
    refuse("lab.tif", "unsupported", encoded(Image.new("LAB", (3, 4)), "TIFF"))


def tiff(tags, data):
    """Data, then a directory whose values that do not fit follow it; `OFFSET` is data's place."""
    at, entries, values = 8 + len(data), b"", b""
    end = at + 2 + 12 * len(tags) + 4
    for tag, kind, numbers in sorted(tags):
        packed = struct.pack("<" + {3: "H", 4: "I"}[kind] * len(numbers), *numbers)
        if len(packed) > 4:
            field, values = struct.pack("<I", end + len(values)), values + packed
        else:
            field = packed.ljust(4, b"\0")
        entries += struct.pack("<HHI", tag, kind, len(numbers)) + field
    return b"II*\0" + struct.pack("<I", at) + data + struct.pack("<H", len(tags)) + entries + bytes(4) + values


def common(width, height, samples, bits):
    return [(256, 3, [width]), (257, 3, [height]), (258, 3, [bits] * samples), (259, 3, [1]),
            (262, 3, [2]), (277, 3, [samples])]


def strips(array, bits, per_strip):
    height, width, samples = array.shape
    parts = [array[y:y + per_strip].tobytes() for y in range(0, height, per_strip)]
    offsets = [8 + sum(map(len, parts[:index])) for index in range(len(parts))]
    return tiff(
        common(width, height, samples, bits)
        + [(273, 4, offsets), (278, 3, [per_strip]), (279, 4, list(map(len, parts)))],
        b"".join(parts))


def tiled(array):
    height, width, samples = array.shape
    padded = np.zeros((-(-height // 16) * 16, -(-width // 16) * 16, samples), np.uint8)
    padded[:height, :width] = array
    parts = [
        padded[y:y + 16, x:x + 16].tobytes()
        for y in range(0, padded.shape[0], 16) for x in range(0, padded.shape[1], 16)
    ]
    return tiff(
        common(width, height, samples, 8)
        + [(322, 3, [16]), (323, 3, [16]), (324, 4, [8 + 768 * index for index in range(len(parts))]),
           (325, 4, [768] * len(parts))], b"".join(parts))


def planes(array):
    height, width, samples = array.shape
    parts = [array[:, :, channel].tobytes() for channel in range(samples)]
    size = height * width
    return tiff(
        common(width, height, samples, 8)
        + [(273, 4, [8, 8 + size, 8 + 2 * size]), (278, 3, [height]), (279, 4, [size] * 3),
           (284, 3, [2])], b"".join(parts))


def make_avif():
    for name, options in [
        ("420", {"subsampling": "4:2:0"}), ("422", {"subsampling": "4:2:2"}),
        ("444", {"subsampling": "4:4:4"}), ("grey", {"subsampling": "4:0:0"}),
        ("limited", {"range": "limited"}),
    ]:
        accept(f"{name}.avif", encoded(RGB, "AVIF", quality=70, **options), tolerance=2)
    accept("alpha.avif", encoded(RGBA, "AVIF", quality=70), tolerance=2)
    accept(
        "animation.avif",
        encoded(RGB, "AVIF", quality=70, save_all=True, append_images=[OTHER]), tolerance=2)
    for orientation in range(2, 9):
        data = encoded(SMALL, "AVIF", quality=70, exif=exif(orientation))
        accept(f"orientation-{orientation}.avif", data, tolerance=2)
        if orientation == 6:
            accept(f"orientation-{orientation}.avif", data, tolerance=2, flags="-")
    whole = encoded(RGB, "AVIF", quality=70)
    refuse("cut.avif", "truncated", whole[:-20])
    refuse("no-boxes.avif", "corrupt", whole[:struct.unpack(">I", whole[:4])[0]])


def make_heif():
    accept("lossless.heic", encoded(RGB, "HEIF", quality=-1, chroma=444, matrix_coefficients=0))
    for name, options in ("420", {}), ("422", {"chroma": 422}), ("444", {"chroma": 444}):
        accept(f"{name}.heic", encoded(RGB, "HEIF", quality=70, **options), tolerance=2)
    accept("alpha.heic", encoded(RGBA, "HEIF", quality=70), tolerance=2)
    for orientation in 3, 6:
        data = encoded(SMALL, "HEIF", quality=70, exif=exif(orientation))
        accept(f"orientation-{orientation}.heic", data, tolerance=2)
    whole = encoded(RGB, "HEIF", quality=70)
    refuse("cut.heic", "truncated", whole[:-20])
    brand = whole.index(b"ispe") + 8
    refuse("bomb.heic", "too-large", whole[:brand] + b"\0\1\0\0\0\1\0\0" + whole[brand + 8:])


def deep_avif(depth, subsampling):
    """Pillow writes 8 bits alone; avifenc of libavif writes more."""
    with tempfile.TemporaryDirectory() as folder:
        RGB.save(f"{folder}/in.png")
        subprocess.run(["avifenc", "-j", "1", "-s", "6", "-d", str(depth), "-y", subsampling,
                        "--min", "10", "--max", "20", f"{folder}/in.png", f"{folder}/out.avif"],
                       check=True, stdout=subprocess.DEVNULL)
        with open(f"{folder}/out.avif", "rb") as file:
            return file.read()


def make_deep_avif():
    for depth in 10, 12:
        for subsampling in "420", "422", "444", "400":
            accept(f"{depth}-bits-{subsampling}.avif", deep_avif(depth, subsampling), tolerance=2)


for make in make_webp, make_gif, make_bmp, make_tiff, make_avif, make_heif, make_deep_avif:
    make()
for name, table in ("expected.tsv", expected), ("refused.tsv", refused):
    write(name, "".join("\t".join(map(str, row)) + "\n" for row in table).encode())
