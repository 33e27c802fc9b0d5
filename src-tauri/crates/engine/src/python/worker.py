"""Runs one Python task after the other for the engine that started it.

Started as `python3 -c`, with a socket to the engine as standard input and
pipes as standard output and error. The messages stand in `messages.rs`. Imports only what an interpreter has loaded anyway, so that
nothing of this slows a start or is in the way of the user's own modules.
Python 3.8 and later.
"""

import atexit
import builtins
import marshal
import os
import sys
from _thread import _count as count_threads

HERE = "<tidemill worker>"
ONLY_AST = 0x400
DATAGRAM = 32768
OUTPUT_LIMIT = 64 * 1024 * 1024
DEPTH_LIMIT = 100
MARK = b"TIDEMILL_PROCESS"
NAMES = ("params", "inputs", "item", "index", "matrix", "run", "trigger", "vars")
# A body that uses one of these may read any of NAMES without naming it.
DYNAMIC = {"locals", "globals", "eval", "exec", "dir"}
RETURNED, RAISED, OUTPUT, EXITED = range(4)


class NotJson(Exception):
    """A value that JSON cannot say."""


class Channel:
    """The socket to the engine, and the parts that came over it."""

    # Kept decoded-to-be: what the engine sent, by number, newest last.
    KEPT_BYTES = 256 * 1024 * 1024

    def __init__(self):
        self.socket = os.dup(0)
        null = os.open(os.devnull, os.O_RDONLY)
        os.dup2(null, 0)
        os.close(null)
        self.parts = {}
        self.kept = 0

    def receive(self):
        while True:
            try:
                return os.read(self.socket, DATAGRAM)
            except KeyboardInterrupt:
                # Nobody's: no task runs.
                continue

    def send(self, message):
        os.write(self.socket, message)

    def keep(self, message, pieces):
        """Takes a piece of a part; true when it was the last."""
        number = int.from_bytes(message[1:9], "little")
        pieces.append(message[10:])
        if not message[9]:
            return False
        data = b"".join(pieces)
        pieces.clear()
        self.kept += len(data) - len(self.parts.pop(number, b""))
        self.parts[number] = data
        while self.kept > self.KEPT_BYTES and len(self.parts) > 1:
            oldest = next(iter(self.parts))
            self.kept -= len(self.parts.pop(oldest))
        return True

    def part(self, number):
        """A part's bytes; asks the engine for what is not here."""
        data = self.parts.get(number)
        if data is not None:
            return data
        self.send(b"N" + number.to_bytes(8, "little"))
        pieces = []
        while number not in self.parts:
            message = self.receive()
            if not message:
                os._exit(0)
            if message[:1] == b"P":
                self.keep(message, pieces)
            else:
                # A task that was on its way: not begun here.
                self.send(b"K" + message[1:9])
        return self.parts[number]

    def finish(self, number, outcome, leave, payload):
        """Tells a task's end, in as many datagrams as it takes."""
        size = DATAGRAM - 64
        start = 0
        while len(payload) - start > size:
            self.send(b"r" + payload[start : start + size])
            start += size
        head = b"E" + number.to_bytes(8, "little") + bytes((outcome, leave))
        self.send(head + payload[start:])


class Source:
    """Gives tracebacks a body's lines."""

    def __init__(self, text):
        self.text = text

    def get_source(self, _name):
        return self.text


class Body:
    """A function's body, compiled as it stands: its lines keep their numbers."""

    def __init__(self, name, source, item_name):
        tree = parse(name, source)
        self.names = list(NAMES)
        if item_name and item_name not in NAMES and is_plain_name(item_name):
            self.names.append(item_name)
        shell = "def body(%s): pass" % ", ".join(self.names)
        module = compile(shell, name, "exec", ONLY_AST, True)
        self.needs, self.inputs = used_names(tree, self.names)
        futures, statements = split_futures(tree.body)
        if statements:
            module.body[0].body = statements
        module.body[:0] = futures
        space = {}
        exec(parse(name, source, module), space)
        self.code = space["body"].__code__
        self.name = name
        self.loader = Source(source)

    def function(self):
        """The body in a namespace of its own."""
        space = {
            "__name__": "__main__",
            "__builtins__": builtins,
            "__file__": self.name,
            "__loader__": self.loader,
        }
        return type(is_plain_name)(self.code, space)


def parse(name, source, tree=None):
    """The source's tree; with a tree, its code. Mistakes show their line."""
    try:
        if tree is None:
            return compile(source, name, "exec", ONLY_AST, True)
        return compile(tree, name, "exec", 0, True)
    except SyntaxError as error:
        lines = source.splitlines()
        if not error.text and error.lineno and error.lineno <= len(lines):
            error.text = lines[error.lineno - 1]
        raise


def is_plain_name(name):
    try:
        compile("def body(%s): pass" % name, HERE, "exec", 0, True)
    except SyntaxError:
        return False
    return True


def split_futures(statements):
    """`from __future__ …` must lead the module, the rest goes into the function."""
    start = 0
    if statements and is_text(getattr(statements[0], "value", None)):
        start = 1
    end = start
    while end < len(statements) and getattr(statements[end], "module", None) == "__future__":
        end += 1
    return statements[start:end], statements[:start] + statements[end:]


def used_names(tree, names):
    """Which of `names` a body uses, and which inputs: None for all of them."""
    used = set()
    inputs = set()
    whole = 0
    stack = [tree]
    while stack:
        node = stack.pop()
        kind = type(node).__name__
        if kind == "Name":
            used.add(node.id)
            whole += node.id == "inputs"
        elif kind == "Subscript" and getattr(node.value, "id", None) == "inputs":
            key = getattr(node.slice, "value", node.slice)
            key = getattr(key, "value", getattr(key, "s", key))
            if isinstance(key, str):
                inputs.add(key)
                whole -= 1
        for field in node._fields:
            value = getattr(node, field, None)
            if isinstance(value, list):
                stack.extend(one for one in value if hasattr(one, "_fields"))
            elif hasattr(value, "_fields"):
                stack.append(value)
    if used & DYNAMIC:
        return set(names), None
    return used.intersection(names), None if whole else inputs


def is_text(node):
    return isinstance(getattr(node, "value", getattr(node, "s", None)), str)


class Modules:
    """Files that tasks call functions of, loaded again when they change."""

    def __init__(self):
        self.loaded = {}

    def load(self, path):
        status = os.stat(path)
        version = (status.st_mtime_ns, status.st_size)
        known = self.loaded.get(path)
        if known is not None and known[0] == version:
            return known[1]
        import _frozen_importlib as bootstrap
        import _frozen_importlib_external as external

        folder, name = os.path.split(path)
        if folder not in sys.path:
            sys.path.insert(0, folder)
        name = self.free_name(name.rsplit(".", 1)[0], path)
        loader = external.SourceFileLoader(name, path)
        spec = external.spec_from_file_location(name, path, loader=loader)
        module = bootstrap.module_from_spec(spec)
        sys.modules[name] = module
        try:
            spec.loader.exec_module(module)
        except BaseException:
            sys.modules.pop(name, None)
            raise
        self.loaded[path] = (version, module)
        return module

    @staticmethod
    def free_name(name, path):
        """The file's own name, unless another module has it."""
        while True:
            other = sys.modules.get(name)
            if other is None or getattr(other, "__file__", None) == path:
                return name
            name += "_"


class Context:
    """What the items of a task have in common."""

    def __init__(self, data):
        (self.call, self.name, self.text, self.item_name, self.shared, self.inputs) = data
        self.body = None


class Worker:
    def __init__(self, nonce):
        self.channel = Channel()
        self.nonce = nonce
        self.process = os.getpid()
        self.mark = os.environb.get(MARK, b"")
        self.streams = []
        for number, stream in ((1, sys.stdout), (2, sys.stderr)):
            # Lines go out as they are written, and no character stops them.
            stream.reconfigure(encoding="utf-8", errors="backslashreplace", line_buffering=True)
            self.streams.append((number, os.dup(number), stream))
        self.contexts = {}
        self.environments = {}
        self.bodies = {}
        self.modules = Modules()
        self.child_usage = None
        self.fresh = (len(sys.modules), atexit._ncallbacks())

    def serve(self):
        version = "%d.%d.%d" % sys.version_info[:3]
        self.channel.send(b"H" + version.encode())
        pieces = []
        while True:
            message = self.channel.receive()
            kind = message[:1]
            if kind == b"T":
                self.run(message)
            elif kind == b"P":
                self.channel.keep(message, pieces)
            else:
                return self.leave()

    def leave(self):
        """The run is over. What the user's modules left to do at exit is done."""
        if (len(sys.modules), atexit._ncallbacks()) == self.fresh:
            os._exit(0)

    def run(self, message):
        number = int.from_bytes(message[1:9], "little")
        try:
            value = self.attempt(marshal.loads(memoryview(message)[9:]))
            outcome, payload = RETURNED, encode(value)
        except NotJson as error:
            outcome, payload = OUTPUT, str(error).encode("utf-8", "replace")
        except SystemExit as error:
            code = exit_code(error.code)
            outcome, payload = (EXITED, marshal.dumps(code, 2)) if code else (RETURNED, b"N")
        except BaseException as error:
            outcome, payload = RAISED, marshal.dumps(describe(error), 2)
        if os.getpid() != self.process:
            # A child that the task forked came back from it: it is no worker.
            flush(sys.stdout)
            os._exit(outcome != RETURNED)
        leave = self.leaves_something()
        self.end_output(number)
        self.channel.finish(number, outcome, leave, payload)
        if leave:
            os._exit(0)

    def attempt(self, task):
        context, environment, directory, index, matrix, item, arguments, own = task
        if own is not None:
            matrix, item, arguments = marshal.loads(self.channel.part(own))
        self.apply_environment(environment)
        apply_directory(directory)
        found = self.contexts.get(context)
        if found is None:
            forget_many(self.contexts)
            found = self.contexts[context] = Context(marshal.loads(self.channel.part(context)))
        if found.call:
            function = self.modules.load(found.name)
            for name in found.text.split("."):
                function = getattr(function, name)
            return function(**(arguments or {}))
        if found.body is None:
            found.body = self.body(found)
        values = self.shared(found)
        values.update(item=item, index=index, matrix=matrix)
        if found.item_name:
            values.setdefault(found.item_name, item)
        body = found.body
        return body.function()(*[values.get(name) for name in body.names])

    def body(self, context):
        key = (context.name, context.text, context.item_name)
        body = self.bodies.get(key)
        if body is None:
            forget_many(self.bodies)
            body = self.bodies[key] = Body(*key)
        return body

    def shared(self, context):
        """Fresh values of what the body uses: what it changes in them is its own."""
        body = context.body
        part = self.channel.part
        values = {}
        for name, number in context.shared:
            if name in body.needs:
                values[name] = marshal.loads(part(number))
        if "inputs" in body.needs:
            values["inputs"] = {
                name: marshal.loads(part(number))
                for name, number in context.inputs
                if body.inputs is None or name in body.inputs
            }
        return values

    def apply_environment(self, number):
        """Makes the environment the task's, whatever the one before left in it."""
        wanted = self.environments.get(number)
        if wanted is None:
            wanted = marshal.loads(self.channel.part(number))
            if self.mark:
                wanted[MARK] = self.mark
            forget_many(self.environments)
            self.environments[number] = wanted
        now = os.environ._data
        if now == wanted:
            return
        zone = now.get(b"TZ")
        for name in [name for name in now if name not in wanted]:
            del os.environb[name]
        for name, value in wanted.items():
            if now.get(name) != value:
                os.environb[name] = value
        if zone != wanted.get(b"TZ"):
            import time

            time.tzset()

    def leaves_something(self):
        """Whether threads or processes outlive the task; they may take a moment."""
        usage = child_usage()
        had_children, self.child_usage = usage != self.child_usage, usage
        for _turn in range(20):
            if not count_threads() and not children_live():
                return had_children and group_lives(self.process)
            import time

            time.sleep(0.002)
        return True

    def end_output(self, number):
        """Ends the task's output: all that is written later is another task's."""
        marker = self.nonce + number.to_bytes(8, "little")
        for target, own, stream in self.streams:
            name = "stdout" if target == 1 else "stderr"
            current = getattr(sys, name)
            if current is not stream:
                flush(current)
                setattr(sys, name, stream)
            if not flush(stream):
                stream = open(target, "w", 1, "utf-8", "backslashreplace", closefd=False)
                setattr(sys, name, stream)
                self.streams[target - 1] = (target, own, stream)
            os.dup2(own, target)
            os.write(own, marker)


def forget_many(cache):
    """Keeps a cache small; what is gone is made anew."""
    if len(cache) >= 128:
        cache.clear()


def flush(stream):
    try:
        stream.flush()
        return True
    except Exception:
        # Closed, or none at all.
        return False


def apply_directory(wanted):
    try:
        if os.getcwdb() == wanted:
            return
    except OSError:
        # The folder that the task before was in is gone.
        pass
    os.chdir(wanted)


def child_usage():
    """Changes whenever a child ended; nothing while `subprocess` was not used."""
    if "_posixsubprocess" not in sys.modules:
        return None
    try:
        import resource
    except ImportError:
        return None
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_minflt, usage.ru_majflt


def children_live():
    """Whether a child runs; those that ended are forgotten."""
    try:
        while True:
            found = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            if found is None:
                return True
            os.waitpid(found.si_pid, 0)
    except (ChildProcessError, AttributeError):
        return False


def group_lives(own):
    """Whether the worker's process group has other members: children's children."""
    group = b"%d" % os.getpgrp()
    try:
        for name in os.listdir(b"/proc"):
            if name.isdigit() and int(name) != own and in_group(name, group):
                return True
    except OSError:
        # No /proc on this system: the run's end finds them.
        pass
    return False


def in_group(name, group):
    try:
        with open(b"/proc/%b/stat" % name, "rb", 0) as file:
            fields = file.read(4096).rpartition(b")")[2].split()
    except OSError:
        return False
    return fields[2] == group and fields[0] not in (b"Z", b"X")


def exit_code(code):
    if code is None:
        return 0
    if isinstance(code, int):
        return code & 0xFF
    print(code, file=sys.stderr)
    return 1


def encode(value):
    try:
        data = marshal.dumps(value, 2)
    except ValueError:
        # Something in it is no plain value.
        data = marshal.dumps(plain(value, "", 0), 2)
    if len(data) > OUTPUT_LIMIT:
        raise NotJson("the returned value is larger than 64 MiB")
    return data


def plain(value, path, depth):
    """The value in JSON's own types. Tuples become lists, as `json` does it."""
    if depth > DEPTH_LIMIT:
        raise NotJson("the returned value is nested more than %d deep" % DEPTH_LIMIT)
    if value is None or isinstance(value, bool):
        return value
    for kind in (str, int, float):
        if isinstance(value, kind):
            return kind.__add__(value, kind())
    if isinstance(value, (list, tuple)):
        return [plain(one, "%s[%d]" % (path, at), depth + 1) for at, one in enumerate(value)]
    if isinstance(value, dict):
        return {key_of(key, path): plain(one, "%s[%r]" % (path, key), depth + 1) for key, one in value.items()}
    raise NotJson("the returned value%s is %s, which JSON cannot say" % (place(path), type_name(type(value))))


def key_of(key, path):
    if isinstance(key, str):
        return str.__add__(key, "")
    raise NotJson("the returned value%s has the key %.80r; JSON has text keys only" % (place(path), key))


def place(path):
    return " at " + path.replace("'", '"') if path else ""


def type_name(kind):
    if kind.__module__ in ("builtins", "__main__"):
        return kind.__qualname__
    return "%s.%s" % (kind.__module__, kind.__qualname__)


def describe(error):
    """An exception's type, text and traceback of the task's own frames."""
    trace = error.__traceback__
    while trace is not None and is_ours(trace.tb_frame.f_code.co_filename):
        trace = trace.tb_next
    try:
        text = str(error)
    except Exception:
        text = "(its text cannot be had)"
    try:
        import traceback

        lines = "".join(traceback.format_exception(type(error), error.with_traceback(trace), trace))
    except Exception:
        lines = "%s: %s\n" % (type_name(type(error)), text)
    try:
        sys.stderr.write(lines)
    except Exception:
        # The task closed it.
        pass
    return tuple(one.encode("utf-8", "replace").decode() for one in (type_name(type(error)), text, lines))


def is_ours(name):
    return name == HERE or name.startswith("<frozen importlib")


nonce = bytes.fromhex(sys.argv[1])
sys.argv[:] = [""]
Worker(nonce).serve()
