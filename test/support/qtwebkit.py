"""QtWebKit without a window: orders as JSON lines on stdin, one answer each on stdout."""

import json
import sys

from PyQt5.QtCore import QSocketNotifier, Qt, QUrl
from PyQt5.QtTest import QTest
from PyQt5.QtWebKit import QWebSettings
from PyQt5.QtWebKitWidgets import QWebPage, QWebView
from PyQt5.QtWidgets import QApplication

options = json.loads(sys.argv[1])
app = QApplication(["qtwebkit"])
complaints = []


class Page(QWebPage):
    def javaScriptConsoleMessage(self, message, line, source):
        complaints.append(f"{source}:{line}: {message}")


view = QWebView()
view.setPage(Page(view))
view.settings().setAttribute(QWebSettings.JavascriptEnabled, options["script"])
view.settings().setAttribute(QWebSettings.LocalStorageEnabled, True)
view.resize(800, 600)
view.show()
frame = view.page().mainFrame()

# Before any script of the page: a name is `Promise`, or `EventTarget.prototype.addEventListener`.
REMOVE = """
(function (names) {
  for (var i = 0; i < names.length; i++) {
    var path = names[i].split("."), last = path.pop(), owner = window;
    for (var j = 0; j < path.length; j++) owner = owner[path[j]];
    delete owner[last];
    if (last in owner) throw new Error(names[i] + " cannot be removed");
  }
})(%s)
"""


def remove_globals():
    frame.evaluateJavaScript(REMOVE % json.dumps(options["without"]))


frame.javaScriptWindowObjectCleared.connect(remove_globals)


def found(order):
    for element in frame.findAllElements(order["selector"]):
        if order.get("words", "") in element.toPlainText():
            return element
    return None


def press(element):
    """Scrolls the element into the middle and clicks on it, as a hand would."""
    middle = element.geometry().center()
    frame.setScrollPosition(middle - view.rect().center())
    QTest.mouseClick(view, Qt.LeftButton, Qt.NoModifier, middle - frame.scrollPosition())


def obey(order):
    do = order["do"]
    if do == "open":
        view.load(QUrl(order["url"]))
    elif do == "show":
        frame.setHtml(order["html"], QUrl(order["url"]))
    elif do == "run":
        return frame.evaluateJavaScript(order["expression"])
    elif do == "texts":
        return [element.toPlainText() for element in frame.findAllElements(order["selector"])]
    elif do == "address":
        return frame.url().toString()
    elif do == "complaints":
        return complaints
    elif do in ("click", "type"):
        element = found(order)
        if element is None:
            return False
        press(element)
        if do == "type":
            QTest.keyClicks(view, order["text"])
        return True
    return None


def hear():
    line = sys.stdin.readline()
    if line == "":
        app.quit()
        return
    try:
        answer = {"value": obey(json.loads(line))}
    except Exception as error:
        answer = {"error": repr(error)}
    print(json.dumps(answer), flush=True)


# One line an order and the next only after the answer: nothing stays behind in the buffer of stdin.
notifier = QSocketNotifier(sys.stdin.fileno(), QSocketNotifier.Read)
notifier.activated.connect(hear)
app.exec_()
