"""Themes that pictures are filed under: in each some kinds of pictures, with a few
phrases of what belongs there.

A sentence model compares subjects with them. The table is general on purpose: what a library has
besides is found from the library itself, see ``levels``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

THEMES: dict[str, dict[str, tuple[str, ...]]] = {
    "Women and girls": {
        "Women": (
            "woman",
            "portrait of a beautiful woman",
            "young lady with long hair",
            "fashion model in a dress",
            "woman's face close up",
            "1girl, long hair",
        ),
        "Anime girls": (
            "anime girl",
            "cute anime girl with colorful hair",
            "schoolgirl in uniform, anime",
            "magical girl",
        ),
        "Goddesses": (
            "goddess",
            "queen with a crown",
            "princess",
            "fairy queen",
            "priestess",
        ),
    },
    "Men and warriors": {
        "Men": (
            "man",
            "portrait of a man",
            "old man with a beard",
            "gentleman in a suit",
            "handsome young man",
            "1boy",
        ),
        "Warriors": (
            "knight in armor",
            "warrior with a sword",
            "samurai",
            "viking",
            "soldier",
            "gladiator",
        ),
        "Boys": (
            "child",
            "little boy",
            "little girl",
            "baby",
            "kids playing",
        ),
        "Wizards": (
            "wizard",
            "sorcerer casting a spell",
            "witch",
            "necromancer",
            "druid",
        ),
    },
    "Groups of people": {
        "People": (
            "crowd of people",
            "group of friends",
            "couple kissing",
            "family",
            "people at a party",
            "two women",
        ),
        "Sports": (
            "athlete",
            "dancer",
            "sport",
            "football match",
            "boxing",
        ),
        "Battles": (
            "battle",
            "war scene",
            "army fighting",
            "battlefield",
        ),
    },
    "Famous people and characters": {
        "Famous people": (
            "celebrity",
            "famous actor",
            "Tom Cruise",
            "Scarlett Johansson",
            "Elon Musk",
            "Taylor Swift",
            "football player",
        ),
        "Politicians": (
            "president",
            "politician",
            "Angela Merkel",
            "Winston Churchill",
            "dictator",
        ),
        "Film characters": (
            "movie character",
            "Star Wars character",
            "Harry Potter",
            "Breaking Bad",
            "film still of a character",
        ),
        "Superheroes": (
            "superhero",
            "Batman",
            "Captain America",
            "supervillain",
            "Marvel comics character",
        ),
        "Cartoon characters": (
            "cartoon character",
            "video game character",
            "Super Mario",
            "Pokemon",
            "Mickey Mouse",
            "Naruto",
            "Simpsons",
        ),
        "Musicians": (
            "musician playing guitar",
            "singer on stage",
            "concert",
            "rapper",
        ),
    },
    "Animals": {
        "Cats": (
            "cat",
            "kitten",
            "cat sleeping",
        ),
        "Dogs": (
            "dog",
            "puppy",
            "wolf",
            "fox",
        ),
        "Birds": (
            "bird",
            "owl",
            "eagle",
            "parrot",
            "penguin",
        ),
        "Sea animals": (
            "fish",
            "shark",
            "whale",
            "octopus",
            "jellyfish",
            "underwater animal",
        ),
        "Wild animals": (
            "lion",
            "bear",
            "elephant",
            "monkey",
            "horse",
            "rhinoceros",
            "wild animal",
            "anthropomorphic animal",
        ),
        "Small animals": (
            "mouse",
            "rabbit",
            "squirrel",
            "frog",
            "insect",
            "butterfly",
            "snake",
        ),
    },
    "Dragons and fantasy creatures": {
        "Dragons": (
            "dragon",
            "dragon breathing fire",
            "wyvern",
        ),
        "Mythical creatures": (
            "unicorn",
            "mermaid",
            "phoenix",
            "mythical creature",
            "griffin",
            "minotaur",
        ),
        "Monsters": (
            "monster",
            "creature with tentacles",
            "werewolf",
            "giant beast",
            "cthulhu",
        ),
        "Demons and angels": (
            "demon",
            "devil",
            "angel with wings",
            "vampire",
            "grim reaper",
        ),
        "Elves and fairies": (
            "elf",
            "fairy with wings",
            "dwarf",
            "goblin",
            "orc",
        ),
    },
    "Horror scenes": {
        "Horror": (
            "horror scene",
            "zombie",
            "ghost",
            "skeleton and skulls",
            "blood and gore",
            "creepy clown",
        ),
    },
    "Robots and cyborgs": {
        "Robots": (
            "robot",
            "cyborg",
            "android",
            "mecha",
            "biomechanical machine",
        ),
    },
    "Space and sci-fi scenes": {
        "Planets": (
            "galaxy",
            "planet",
            "outer space",
            "alien planet landscape",
            "nebula",
            "moon",
        ),
        "Astronauts": (
            "astronaut",
            "alien",
            "man in a space suit",
        ),
    },
    "Cities and architecture": {
        "Buildings": (
            "city",
            "street",
            "skyscraper",
            "building",
            "house",
            "church",
            "bridge",
            "town",
        ),
        "Cyberpunk cities": (
            "cyberpunk city at night",
            "neon city street",
            "futuristic city",
            "cyberpunk character",
        ),
    },
    "Fantasy castles and ruins": {
        "Castles": (
            "castle",
            "ruins",
            "temple",
            "ancient city",
            "fantasy city",
            "palace",
        ),
    },
    "Rooms and interiors": {
        "Rooms": (
            "room",
            "living room interior",
            "hallway",
            "kitchen",
            "library",
            "office",
        ),
    },
    "Landscapes and nature": {
        "Forests": (
            "forest",
            "tree",
            "jungle",
            "magical forest",
        ),
        "Mountains": (
            "landscape",
            "mountains",
            "desert",
            "waterfall",
            "river valley",
            "sky with clouds",
        ),
        "Sea and beaches": (
            "sea",
            "beach",
            "ocean waves",
            "lake",
            "underwater scene",
        ),
        "Storms": (
            "storm",
            "explosion",
            "lightning",
            "volcano",
            "fire",
        ),
        "Flowers": (
            "flower",
            "garden",
            "plant",
            "mushroom",
            "bouquet of roses",
        ),
    },
    "Vehicles": {
        "Cars": (
            "car",
            "sports car",
            "motorcycle",
            "truck",
            "train",
        ),
        "Ships and aircraft": (
            "ship",
            "sailing boat",
            "airplane",
            "helicopter",
            "tank",
        ),
        "Spaceships": (
            "spaceship",
            "space station",
            "rocket",
            "starship",
            "flying saucer",
        ),
    },
    "Food and drink": {
        "Food": (
            "food",
            "plate of food",
            "cake",
            "fruit",
            "vegetables",
            "coffee",
            "sandwich",
        ),
    },
    "Objects and products": {
        "Things": (
            "object",
            "product photo",
            "machine",
            "furniture",
            "musical instrument",
            "toy",
            "watch",
            "book",
        ),
        "Weapons": (
            "sword",
            "gun",
            "shield",
            "knife",
            "armor",
        ),
        "Clothes": (
            "dress",
            "shoes",
            "jacket",
            "costume",
            "jewelry",
            "mask",
        ),
        "Sculptures": (
            "statue",
            "sculpture",
            "bust made of marble",
            "pottery",
        ),
    },
    "Logos, icons and text": {
        "Logos": (
            "logo",
            "icon",
            "emblem",
            "sticker",
            "vector logo design",
        ),
        "Posters": (
            "poster",
            "newspaper",
            "typography",
            "sign with text",
            "book cover",
            "advertisement",
        ),
    },
    "Patterns and abstract art": {
        "Patterns": (
            "abstract art",
            "pattern",
            "geometric shapes",
            "fractal",
            "mandala",
            "psychedelic swirls",
        ),
        "Feelings": (
            "love",
            "loneliness",
            "dream",
            "time",
            "death",
            "sadness",
        ),
    },
}
# The kinds, and the theme of each, in one order.
KINDS = tuple(kind for kinds in THEMES.values() for kind in kinds)
THEME_OF = tuple(theme for theme, kinds in THEMES.items() for _ in kinds)


def middles(embed: Callable[[Sequence[str]], NDArray[np.float32]]) -> NDArray[np.float32]:
    """The middle of the phrases of each of ``KINDS``: (k, d) unit rows.

    ``embed`` turns phrases into unit rows.
    """
    listed = [phrases for kinds in THEMES.values() for phrases in kinds.values()]
    vectors = embed([phrase for phrases in listed for phrase in phrases])
    ends = np.cumsum([len(phrases) for phrases in listed])
    made = np.array([part.mean(axis=0) for part in np.split(vectors, ends[:-1])], dtype=np.float32)
    return np.asarray(made / np.linalg.norm(made, axis=1, keepdims=True), dtype=np.float32)
