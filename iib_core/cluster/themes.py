"""Themes that pictures are filed under: in each some kinds of pictures, with a few
phrases of what belongs there.

A sentence model compares subjects with them. The table is general on purpose: what a library has
besides is found from the library itself, see ``levels``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from iib_core.ai import subjects

_FAMOUS = "Famous people and characters"

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
    "Men, warriors and groups": {
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
        "Famous politicians": (
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
        "Comic heroes": (
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
        "Famous musicians": (
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
    "Monsters, dragons and horror": {
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
    "Space scenes and vehicles": {
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
    "Landscapes and fantasy scenes": {
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
        "Castles": (
            "castle",
            "ruins",
            "temple",
            "ancient city",
            "fantasy city",
            "palace",
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
    "Abstract patterns, logos and text": {
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
}
# The kinds, and the theme of each, in one order.
KINDS = tuple(kind for kinds in THEMES.values() for kind in kinds)
THEME_OF = tuple(theme for theme, kinds in THEMES.items() for _ in kinds)


# Words of a subject that are evidence of a theme.
_WORDS = {
    "Women and girls": (
        "woman women girl girls lady ladies female princess queen goddess maiden witch actress "
        "mother she 1girl"
    ),
    "Men, warriors and groups": (
        "man men boy boys male guy gentleman knight warrior samurai viking soldier wizard king "
        "prince father monk he people crowd group couple family friends students children kids "
        "dancers"
    ),
    "Animals": (
        "cat cats kitten dog dogs puppy corgi wolf fox bear lion tiger horse monkey ape gorilla "
        "elephant bird owl eagle penguin parrot fish shark whale dolphin dolphins octopus "
        "jellyfish animal animals rabbit mouse rat squirrel frog snake spider insect butterfly "
        "bee zebra giraffe cow bull pig sheep goat rhino hyena cheetah raccoon panda kangaroo "
        "hamster turtle"
    ),
    "Monsters, dragons and horror": (
        "dragon unicorn mermaid phoenix monster creature demon devil angel vampire elf fairy "
        "goblin orc reaper werewolf beast horror zombie ghost nightmare scary creepy bloody blood "
        "haunted skull massacre"
    ),
    "Robots and cyborgs": "robot robots cyborg android mech mecha robotic biomechanical gynoid",
    "Space scenes and vehicles": (
        "planet planets galaxy alien astronaut spaceman nebula space mars portal car cars "
        "spaceship ship ships boat plane airplane train motorcycle truck tank rocket starship "
        "bike submarine"
    ),
    "Cities and architecture": (
        "city cityscape street building house skyscraper church tower bridge town architecture "
        "metropolis village"
    ),
    "Rooms and interiors": "room hallway interior kitchen bedroom office hall ballroom",
    "Landscapes and fantasy scenes": (
        "landscape forest mountain mountains tree trees jungle waterfall beach sea ocean lake "
        "river sunset storm flowers desert castle ruins temple palace kingdom dungeon enchanted"
    ),
    "Food and drink": "food plate cake bread sushi pizza burger fruit coffee soup sandwich meal vegetable",
    "Objects and products": (
        "sword knife watch machine statue sculpture book couch chair dress shoe toy clock product "
        "bottle crystal lamp"
    ),
    "Abstract patterns, logos and text": (
        "pattern patterns abstract fractal mandala geometric logo icon typography sticker emblem "
        "newspaper sign text"
    ),
}
_EVIDENCE = {
    theme: re.compile(rf"\b(?:{'|'.join(words.split())})\b") for theme, words in _WORDS.items()
}


def words_of(theme: str) -> list[str]:
    """The words that are evidence of a theme; none of a name that is no theme."""
    return _WORDS.get(theme, "").split()


# What a word adds to a similarity. Famous names get as much without a word, because the model knows
# little about names, and many prompts have one.
_WORD, _FAME = 0.1, 0.1


def evidence(texts: Sequence[str]) -> NDArray[np.float32]:
    """What is to be added to the similarity of each text with each theme, by the words of its
    subject: (n, t) in the order of ``THEMES``.
    """
    order = list(THEMES)
    found = np.zeros((len(texts), len(order)), dtype=np.float32)
    found[:, order.index(_FAMOUS)] = _FAME
    for row, text in enumerate(texts):
        subject = subjects.find(text).subject
        for theme, pattern in _EVIDENCE.items():
            if pattern.search(subject):
                found[row, order.index(theme)] += _WORD
    return found


def means(embed: Callable[[Sequence[str]], NDArray[np.float32]]) -> NDArray[np.float32]:
    """The mean of the phrases of each of ``KINDS``: (k, d) unit rows.

    ``embed`` turns phrases into unit rows.
    """
    listed = [phrases for kinds in THEMES.values() for phrases in kinds.values()]
    vectors = embed([phrase for phrases in listed for phrase in phrases])
    ends = np.cumsum([len(phrases) for phrases in listed])
    made = np.array([part.mean(axis=0) for part in np.split(vectors, ends[:-1])], dtype=np.float32)
    return np.asarray(made / np.linalg.norm(made, axis=1, keepdims=True), dtype=np.float32)
