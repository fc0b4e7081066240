"""What a user may have said to get a document: one of many wordings, drawn from its kind, title and text."""

import random
import re

NOUNS = {
    "Bedtime story": ("bedtime story", "bedtime story", "story"),
    "Campfire story": ("campfire story", "campfire story", "spooky story"),
    "Children's tale": ("children's tale", "children's story", "story for children"),
    "Short story": ("short story", "short story", "story"),
    "Picture book": ("picture book", "picture book", "short story for children"),
    "Slice of life": ("slice-of-life scene", "short scene", "everyday story"),
    "Scene": ("scene", "scene", "opening scene of a story"),
    "Poem": ("poem", "short poem"),
    "Song": ("song", "song"),
}
"""The kinds that a reader would ask for, and what they are called. Documents of other kinds are left out."""

TITLED = (
    'Write a {noun} called "{title}".',
    'Write a {noun} called "{title}".',
    'Tell me a {noun} called "{title}".',
    'Tell me a {noun} called "{title}".',
    'Tell me the {noun} "{title}".',
    'Write a {noun} with the title "{title}".',
    'Please write a {noun} titled "{title}".',
    'Can you tell me a {noun} called "{title}"?',
    'I would like to hear a {noun} called "{title}".',
    "Write a {noun} about {title}.",
    "A {noun} called {title}, please.",
    "{Noun}: {title}",
)
ABOUT = (
    "Write a {noun} about {topic}.",
    "Write a {noun} about {topic}.",
    "Write me a {noun} about {topic}.",
    "Tell me a {noun} about {topic}.",
    "Tell me a {noun} about {topic}.",
    "Can you write a {noun} about {topic}?",
    "Please write a {noun} about {topic}.",
    "I would like a {noun} about {topic}.",
    "A {noun} about {topic}.",
    "{Noun} about {topic}",
)
BEGINNING = ('Write a {noun} that begins with "{opening}"', 'Tell me a {noun}. It begins: "{opening}"')

TOPICS = {"Short story", "Slice of life", "Poem", "Song"}
"""Kinds whose titles are topics."""
HEROES = (
    "girl boy man woman child rabbit fox bear cat dog bird mouse owl dragon princess prince king queen explorer "
    "musician detective scientist inventor artist traveler traveller wizard witch robot elephant lion turtle "
    "squirrel puppy kitten fairy knight sailor farmer soul"
).split()
HERO = re.compile(
    rf"\b(an? (?:(?!time|there|lived|was)[\w-]+,? ){{0,6}}(?:{'|'.join(HEROES)}) (?:named|called) [A-Z]\w+)"
)
"""`a curious little girl named Edith`, where a text introduces its hero so."""


def lower_first(title: str) -> str:
    """A title inside a sentence: `A young explorer …` → `a young explorer …`; names stay as they are."""
    return title[0].lower() + title[1:] if re.match(r"(An?|The|My|Two|Three)\b", title) else title


def request(document: dict[str, str], draw: random.Random) -> str:
    """The user turn that asks for a document of a kind in NOUNS."""
    noun = draw.choice(NOUNS[document["kind"]])
    title = document["title"].rstrip(".").strip()
    hero = HERO.search(document["text"][:400])
    opening = re.match(r"[^\n]{20,120}?[.!?](?=\s)", document["text"])
    chance = draw.random()
    values = {"noun": noun, "Noun": noun[0].upper() + noun[1:], "title": title, "topic": lower_first(title)}
    if opening and chance < 0.05:
        wording = draw.choice(BEGINNING)
        values["opening"] = opening[0]
    elif hero and chance < 0.4:
        wording = draw.choice(ABOUT)
        values["topic"] = hero[1]
    else:
        wording = draw.choice(ABOUT if document["kind"] in TOPICS else TITLED)
    text = wording.format(**values)
    return re.sub(r"\b([Aa]) (?=[aeiou])", r"\1n ", text.replace("{noun}", noun))
