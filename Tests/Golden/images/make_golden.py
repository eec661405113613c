#!/usr/bin/env python3
# Makes the images of this folder and the tables of what Pillow and transformers make of them.
# SPDX-License-Identifier: Apache-2.0
"""Needs Pillow 13, transformers 5, numpy and a C compiler with libjpeg; the tests need none of them.

Tables, tab-separated, with zlib.crc32 sums in hexadecimal:
  decoded.tsv       file, flags (e: apply EXIF, l: lenient, p: pad), width, height, RGB8 sum
  preprocessed.tsv  file, size, crop (0: none), aspect, filter, width, height, U8 sum, F32 sum
  refused.tsv       file, failure code
"""
import io
import os
import struct
import subprocess
import tempfile
import zlib

import numpy as np
from PIL import Image, ImageFile, ImageOps
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil

FOLDER = os.path.dirname(os.path.abspath(__file__))
random = np.random.default_rng(20240213)
decoded, preprocessed, refused = [], [], []


def picture(width, height, channels):
    """Smooth colour with some noise: compresses, yet leaves no coefficient untouched."""
    coarse = random.integers(0, 256, (4, 5, channels)).astype(np.uint8)
    planes = [
        np.asarray(Image.fromarray(coarse[:, :, c]).resize((width, height), Image.BICUBIC), int)
        for c in range(channels)
    ]
    noise = random.integers(-12, 13, (height, width, channels))
    return np.clip(np.stack(planes, -1) + noise, 0, 255).astype(np.uint8)


def crc(data):
    return f"{zlib.crc32(data):08x}"


def write(name, data):
    with open(os.path.join(FOLDER, name), "wb") as file:
        file.write(data)
    return data


def opened(name):
    image = Image.open(os.path.join(FOLDER, name))
    image.load()
    return image


def rgb_of(name, flags=""):
    ImageFile.LOAD_TRUNCATED_IMAGES = "p" in flags
    image = opened(name)
    if "e" in flags:
        image = ImageOps.exif_transpose(image)
    rgb = image.convert("RGB")
    # What is left of tRNS would make transformers paint the image on white; LLaVA never did.
    rgb.info = {}
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    return rgb


def accept(name, data=None, flags="", expected=None):
    """Records what Pillow makes of a file, or `expected` (an array) where we differ on purpose."""
    if data is not None:
        write(name, data)
    if expected is None:
        expected = np.asarray(rgb_of(name, flags))
    height, width = expected.shape[:2]
    decoded.append([name, flags or "-", width, height, crc(expected.astype(np.uint8).tobytes())])


def refuse(name, code, data=None):
    if data is not None:
        write(name, data)
    refused.append([name, code])


def jpeg_bytes(array, mode="RGB", **options):
    buffer = io.BytesIO()
    Image.fromarray(array[:, :, 0] if mode == "L" else array, mode).save(buffer, "JPEG", **options)
    return buffer.getvalue()


def make_jpegs():
    rgb, grey, cmyk = picture(45, 35, 3), picture(45, 35, 1), picture(33, 21, 4)
    for name, subsampling in ("444", 0), ("422", 1), ("420", 2):
        accept(f"baseline-{name}.jpg", jpeg_bytes(rgb, subsampling=subsampling))
        accept(
            f"progressive-{name}.jpg",
            jpeg_bytes(rgb, subsampling=subsampling, progressive=True))
    accept("restart.jpg", jpeg_bytes(rgb, restart_marker_blocks=2))
    accept("grey.jpg", jpeg_bytes(grey, "L"))
    accept("grey-progressive.jpg", jpeg_bytes(grey, "L", progressive=True))
    accept("rgb-kept.jpg", jpeg_bytes(rgb, keep_rgb=True))
    accept("quality-100.jpg", jpeg_bytes(rgb[:20, :20], quality=100))
    accept("quality-1.jpg", jpeg_bytes(rgb, quality=1))
    inks = jpeg_bytes(cmyk, "CMYK")
    accept("cmyk.jpg", inks)
    adobe = inks.index(b"Adobe") + 11
    accept("ycck.jpg", inks[:adobe] + b"\2" + inks[adobe + 1:])
    accept("cmyk-progressive.jpg", jpeg_bytes(cmyk, "CMYK", progressive=True))
    accept("trailing.jpg", jpeg_bytes(rgb[:16, :16]) + b"trailing bytes")
    accept("1x1.jpg", jpeg_bytes(rgb[:1, :1]))
    accept("7x9.jpg", jpeg_bytes(rgb[:9, :7]))
    with tempfile.TemporaryDirectory() as scratch:
        tool = os.path.join(scratch, "make_jpegs")
        source = os.path.join(FOLDER, "make_jpegs.c")
        subprocess.run(["cc", "-o", tool, source, "-ljpeg"], check=True)

        def other(name, kind, array):
            height, width = array.shape[:2]
            path = os.path.join(FOLDER, name)
            arguments = [tool, kind, str(width), str(height), path]
            subprocess.run(arguments, input=array.tobytes(), check=True)

        for name, kind in [
            ("arithmetic", "a"), ("arithmetic-progressive", "ap"), ("440", "v"), ("411", "w"),
            ("several-scans", "s"), ("rgb-several-scans", "rs"),
        ]:
            other(f"{name}.jpg", kind, rgb)
            accept(f"{name}.jpg")
        other("ycck-progressive.jpg", "kp", cmyk)
        accept("ycck-progressive.jpg")
        other("many-scans.jpg", "m", rgb[:8, :8])
        refuse("many-scans.jpg", "image/too-complex")


def make_exif():
    array = picture(13, 7, 3)
    for orientation in range(1, 9):
        exif = Image.Exif()
        exif[0x0112] = orientation
        name = f"orientation-{orientation}.jpg"
        write(name, jpeg_bytes(array, exif=exif))
        accept(name)
        accept(name, flags="e")
    exif = Image.Exif()
    exif.endian = "<"
    exif[0x0112] = 6
    buffer = io.BytesIO()
    Image.fromarray(array).save(buffer, "PNG", exif=exif)
    accept("orientation-6.png", buffer.getvalue(), flags="e")


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width, height, depth, colour, raw, before=b"", interlace=0, after=b""):
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlace)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + before
        + chunk(b"IDAT", zlib.compress(raw, 9)) + after + chunk(b"IEND", b""))


def random_rows(width, height, bits, interlace):
    """Filtered rows of random samples, each row with another filter."""
    adam7 = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2),
             (0, 1, 1, 2)]
    rows, number = b"", 0
    for x, y, across, down in adam7 if interlace else [(0, 0, 1, 1)]:
        columns, lines = -(-(width - x) // across), -(-(height - y) // down)
        for _ in range(max(0, lines) if columns > 0 else 0):
            samples = random.integers(0, 256, (columns * bits + 7) // 8).astype(np.uint8)
            rows += bytes([number % 5]) + samples.tobytes()
            number += 1
    return rows


def make_pngs():
    kinds = [(0, 1), (0, 2), (0, 4), (0, 8), (2, 8), (2, 16), (3, 1), (3, 2), (3, 4), (3, 8),
             (4, 8), (4, 16), (6, 8), (6, 16)]
    names = {0: "grey", 2: "rgb", 3: "palette", 4: "grey-alpha", 6: "rgba"}
    channels = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
    for colour, depth in kinds:
        # A palette with a colour too few: the last index lies outside it.
        count = max(1, 2 ** depth - 1)
        palette = random.integers(0, 256, count * 3).astype(np.uint8).tobytes()
        before = chunk(b"PLTE", palette) if colour == 3 else b""
        for interlace in 0, 1:
            rows = random_rows(19, 11, depth * channels[colour], interlace)
            suffix = "-interlaced" if interlace else ""
            accept(
                f"{names[colour]}-{depth}{suffix}.png",
                png(19, 11, depth, colour, rows, before, interlace))
    palette = chunk(b"PLTE", bytes(range(48)))
    transparent = [
        ("grey", 0, 8, b"", b"\0\x10"), ("rgb", 2, 8, b"", b"\0\x10\0\x20\0\x30"),
        ("palette", 3, 4, palette, b"\0\x80\xff"),
    ]
    for name, colour, depth, before, colours in transparent:
        rows = random_rows(19, 11, depth * channels[colour], 0)
        before += chunk(b"tRNS", colours)
        accept(f"{name}-trns.png", png(19, 11, depth, colour, rows, before))
    metadata = chunk(b"gAMA", struct.pack(">I", 45455)) + chunk(
        b"iCCP", b"name\0\0" + zlib.compress(b"no profile"))
    accept(
        "metadata.png", png(5, 3, 8, 2, random_rows(5, 3, 24, 0), metadata) + b"trailing bytes")
    for interlace in 0, 1:
        # All samples of one width row by row, so that the expected high bytes are known.
        values = random.integers(0, 65536, (1, 9)).astype(">u2")
        high = np.repeat((values >> 8)[..., None], 3, -1)
        rows = b"\0" + values.tobytes()
        if interlace:
            starts = [(0, 8), (4, 8), (2, 4), (1, 2)]
            rows = b"".join(b"\0" + values[:, x::step].tobytes() for x, step in starts)
        name = f"grey-16{'-interlaced' if interlace else ''}.png"
        accept(name, png(9, 1, 16, 0, rows, b"", interlace), expected=high)


def make_pnms():
    width, height = 11, 5
    bits = random.integers(0, 2, (height, width))
    text = "\n".join("".join(map(str, row)) for row in bits)
    accept("plain.pbm", f"P1\n# a comment\n{width} {height}\n{text}\n".encode())
    rows = np.packbits(bits, axis=1).tobytes()
    accept("raw.pbm", f"P4 {width} {height}\n".encode() + rows)
    for maximum in 1, 7, 254, 255, 1000, 65535:
        for kind, channels in ("pgm", 1), ("ppm", 3):
            values = random.integers(0, maximum + 1, (height, width, channels))
            expected = None
            if maximum > 255 and channels == 1:
                wide = np.round(values / maximum * 65535).astype(int)
                expected = np.repeat(wide >> 8, 3, -1)
            plain = " ".join(map(str, values.ravel()))
            digit = {"pgm": 2, "ppm": 3}[kind]
            head = f"{width} # width\n{height}\n{maximum}\n"
            accept(
                f"plain-{maximum}.{kind}", f"P{digit}\n{head}{plain}".encode(), expected=expected)
            raw = values.astype(">u2" if maximum > 255 else "u1").tobytes()
            accept(
                f"raw-{maximum}.{kind}", f"P{digit + 3}\n{head}".encode() + raw,
                expected=expected)


def make_damaged():
    whole = open(os.path.join(FOLDER, "baseline-420.jpg"), "rb").read()
    refuse("no-end.jpg", "image/truncated", whole[:-2])
    cut = whole[:len(whole) * 3 // 4]
    refuse("cut.jpg", "image/truncated", cut)
    accept("cut.jpg", flags="p")
    restart = open(os.path.join(FOLDER, "restart.jpg"), "rb").read()
    swapped = restart.replace(b"\xff\xd2", b"\xff\xd9"[:1] + b"\xd5", 1)
    refuse("wrong-restart.jpg", "image/corrupt", swapped)
    frame = whole.index(b"\xff\xc0")

    def patched(offset, *values):
        return whole[:frame + offset] + bytes(values) + whole[frame + offset + len(values):]

    refuse("12-bit.jpg", "image/unsupported", patched(4, 12))
    refuse("lossless.jpg", "image/unsupported", patched(1, 0xC3))
    refuse("zero-height.jpg", "image/empty", patched(5, 0, 0))
    refuse("lies.jpg", "image/corrupt", patched(5, 0x13, 0x88, 0x13, 0x88))
    refuse("bomb-header.jpg", "image/too-large", patched(5, 0xFF, 0x04, 0xF6, 0x12))
    tiny = bytes.fromhex("ffd8ffdb004300") + bytes([1] * 64)
    tiny += bytes.fromhex("ffc0000b08ff04f612010111 00".replace(" ", ""))
    tiny += bytes.fromhex("ffda0008010100003f00") + bytes(20) + b"\xff\xd9"
    refuse("bomb.jpg", "image/too-large", tiny)
    rows = random_rows(19, 11, 24, 0)
    sound = png(19, 11, 8, 2, rows)
    refuse("no-end.png", "image/truncated", sound[:-12])
    refuse("wrong-crc.png", "image/corrupt", sound[:-13] + bytes([sound[-13] ^ 1]) + sound[-12:])
    accept("wrong-crc.png", flags="l")
    note = bytearray(png(19, 11, 8, 2, rows, chunk(b"tEXt", b"a\0b")))
    note[note.index(b"tEXt") + 5] ^= 1
    refuse("wrong-crc-in-text.png", "image/corrupt", bytes(note))
    stream = bytearray(zlib.compress(rows, 9))
    stream[-1] ^= 1
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 19, 11, 8, 2, 0, 0, 0))
    start = b"\x89PNG\r\n\x1a\n" + header
    end = chunk(b"IEND", b"")
    refuse("wrong-adler.png", "image/corrupt", start + chunk(b"IDAT", bytes(stream)) + end)
    short = chunk(b"IDAT", zlib.compress(rows[:200], 9))
    refuse("short.png", "image/corrupt", start + short + end)
    refuse("lies.png", "image/corrupt", png(7000, 7000, 8, 2, rows))
    refuse("20000x1.png", "image/too-large", png(20000, 1, 8, 0, bytes(20001)))
    refuse("1x20000.png", "image/too-large", png(1, 20000, 1, 0, bytes(40000)))
    refuse("zero-width.png", "image/empty", png(0, 5, 8, 0, b""))
    refuse("no-palette.png", "image/corrupt", png(2, 1, 8, 3, b"\0\0\0"))
    refuse("unknown-critical.png", "image/corrupt", png(1, 1, 8, 0, b"\0\0", chunk(b"ABCD", b"")))
    refuse("colour-type-5.png", "image/corrupt", png(1, 1, 8, 5, b"\0\0"))
    for name, code, text in [
        ("cut.ppm", "truncated", b"P6 3 3 255\nabc"), ("zero.ppm", "empty", b"P6 0 3 255\n"),
        ("maximum.ppm", "corrupt", b"P6 1 1 65536\nabcdef"),
        ("sample.pgm", "corrupt", b"P2 1 1 7\n 8"), ("bit.pbm", "corrupt", b"P1 1 1\n2"),
        ("letters.pgm", "corrupt", b"P2 2 1 7\n1x 2"),
        ("large.ppm", "too-large", b"P6 60000 60000 255\n"),
        ("overflow.ppm", "too-large", b"P6 9999999999 9999999999 255\n"),
        ("long.ppm", "corrupt", b"P6 99999999999999999999 1 255\n"),
        ("gif.jpg", "corrupt", b"GIF89a\x01\0\x01\0\0\0\0;"), ("empty.jpg", "empty", b""),
        ("page.jpg", "unsupported", b"<!DOCTYPE html><title>404</title>"),
        ("webp.png", "truncated", b"RIFF\x1a\0\0\0WEBPVP8L"),
        ("pam.ppm", "unsupported", b"P7\nWIDTH 1\n"),
    ]:
        refuse(name, f"image/{code}", text)


def squared(image, colour):
    side = max(image.size)
    if image.size == (side, side):
        return image
    square = Image.new("RGB", (side, side), colour)
    square.paste(image, ((side - image.width) // 2, (side - image.height) // 2))
    return square


def preprocess(name, size, crop, aspect="crop", filter=3):
    image = rgb_of(name)
    if aspect == "pad":
        image = squared(image, (122, 116, 104))
    options = dict(
        size={"shortest_edge": size}, resample=filter, do_center_crop=crop > 0,
        crop_size={"height": crop or 1, "width": crop or 1})

    def run(**more):
        return CLIPImageProcessorPil(**options, **more)(image, return_tensors="np")[
            "pixel_values"][0]

    pixels = run(do_rescale=False, do_normalize=False).transpose(1, 2, 0)
    numbers = run()
    assert pixels.dtype == np.uint8 and numbers.dtype == np.float32
    preprocessed.append([
        name, size, crop, aspect, filter, pixels.shape[1], pixels.shape[0],
        crc(pixels.tobytes()), crc(numbers.tobytes())])
    return pixels


def make_preprocessed():
    files = {"wide.png": (200, 1), "tall.png": (1, 200), "odd.png": (31, 43), "high.png": (20, 61)}
    for name, (width, height) in files.items():
        buffer = io.BytesIO()
        Image.fromarray(picture(width, height, 3)).save(buffer, "PNG", optimize=True)
        write(name, buffer.getvalue())
        for aspect in "crop", "pad":
            for size, crop in [(24, 24), (7, 7), (57, 57), (24, 29), (24, 20), (25, 30), (16, 0)]:
                preprocess(name, size, crop, aspect)
    for filter in range(6):
        for aspect in "crop", "pad":
            preprocess("odd.png", 17, 17, aspect, filter)
            preprocess("high.png", 50, 50, aspect, filter)
    for name in "baseline-420.jpg", "7x9.jpg", "1x1.jpg", "palette-4.png", "grey.jpg":
        for side in 224, 336:
            preprocess(name, side, side)
            preprocess(name, side, side, "pad")
    write("odd-24-crop.rgb", preprocess("odd.png", 24, 24).tobytes())
    write("odd-24-pad.rgb", preprocess("odd.png", 24, 24, "pad").tobytes())


def write_table(name, rows):
    rows = [row for index, row in enumerate(rows) if row not in rows[:index]]
    write(name, "".join("\t".join(map(str, row)) + "\n" for row in rows).encode())


for make in make_jpegs, make_exif, make_pngs, make_pnms, make_damaged, make_preprocessed:
    make()
write_table("decoded.tsv", decoded)
write_table("preprocessed.tsv", preprocessed)
write_table("refused.tsv", refused)
