"""What the standard library can say of an HTML page: is it well formed, and what is in it."""

from html.parser import HTMLParser

VOID = {"br", "col", "hr", "img", "input", "link", "meta"}


class Page(HTMLParser):
    """A page: its elements as (tag, attributes), its text, and what is wrong with it."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.problems, self.words = [], [], []
        self._open = []
        self.feed(text)
        self.close()
        self.problems += [f"<{tag}> is never closed" for tag in self._open]

    def handle_starttag(self, tag, attrs):
        names = [name for name, _ in attrs]
        if len(set(names)) < len(names):
            self.problems.append(f"<{tag}> has an attribute twice: {names}")
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        if not self._open or self._open.pop() != tag:
            self.problems.append(f"</{tag}> closes something else")

    def handle_data(self, data):
        if self._open and self._open[-1] not in ("script", "style"):
            self.words.append(data)

    @property
    def text(self):
        """All text of the page, blanks made one."""
        return " ".join(" ".join(self.words).split())

    def every(self, tag):
        """Return the attributes of every element of this kind."""
        return [attributes for name, attributes in self.elements if name == tag]

    def values(self, attribute):
        """Return what an attribute is, wherever it is."""
        return [found[attribute] for _, found in self.elements if found.get(attribute)]
