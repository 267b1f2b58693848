"""A browser to test in: starts Chromium and talks its DevTools protocol, over a WebSocket of our own."""
import base64
import json
import os
import shutil
import socket
import struct
import subprocess
import tempfile
import time
import urllib.request

NAMES = ('chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable')
FLAGS = '''--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking
--disable-component-update --disable-sync --disable-dev-shm-usage --hide-scrollbars --remote-debugging-port=0
--remote-allow-origins=*'''.split()


def find_browser():
    return next(filter(None, map(shutil.which, NAMES)), None)


class WebSocket:
    """As much of RFC 6455 as a client needs: text messages, in frames of any length."""
    def __init__(self, host, port, path):
        self.socket = socket.create_connection((host, port), timeout=60)
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall(('GET %s HTTP/1.1\r\nHost: %s:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n'
                             'Sec-WebSocket-Key: %s\r\nSec-WebSocket-Version: 13\r\n\r\n'
                             % (path, host, port, key)).encode())
        answer = b''
        while not answer.endswith(b'\r\n\r\n'):
            answer += self.exactly(1)
        if b' 101 ' not in answer.split(b'\r\n')[0]:
            raise ConnectionError('the browser does not speak WebSocket: %r' % answer)

    def exactly(self, count):
        data = b''
        while len(data) < count:
            more = self.socket.recv(count - len(data))
            if not more:
                raise ConnectionError('the browser has closed the connection')
            data += more
        return data

    def send(self, text):
        data, mask = text.encode(), os.urandom(4)
        head = bytes([0x81]) + (bytes([0x80 | len(data)]) if len(data) < 126 else
                                struct.pack('>BH', 0xfe, len(data)) if len(data) < 65536
                                else struct.pack('>BQ', 0xff, len(data)))
        self.socket.sendall(head + mask + bytes(byte ^ mask[k % 4] for k, byte in enumerate(data)))

    def receive(self):
        text, last = b'', False
        while not last:
            first, length = self.exactly(2)
            if length > 125:
                length = int.from_bytes(self.exactly(2 if length == 126 else 8), 'big')
            data = self.exactly(length)
            if first & 15 in (0, 1):   # pings are left without an answer
                text, last = text + data, first & 0x80
        return text.decode()


class Browser:
    """One page of a browser that is killed and forgotten in the end."""
    def __init__(self, program):
        self.folder = tempfile.mkdtemp()
        command = [program, *FLAGS, '--user-data-dir=' + self.folder, 'about:blank']
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            port = self.port()
            with urllib.request.urlopen('http://127.0.0.1:%d/json/list' % port, timeout=60) as answer:
                page = next(page for page in json.load(answer) if page['type'] == 'page')
            path = page['webSocketDebuggerUrl'].split(str(port))[1]
            self.socket, self.count, self.events = WebSocket('127.0.0.1', port, path), 0, []
            for domain in ('Page', 'Runtime', 'Log', 'Network'):
                self.call(domain + '.enable')
        except Exception:
            self.close()
            raise

    def port(self):
        path = os.path.join(self.folder, 'DevToolsActivePort')
        for _ in range(600):
            if os.path.exists(path):
                with open(path) as file:
                    text = file.read()
                if '\n' in text:
                    return int(text.split('\n')[0])
            time.sleep(0.1)
        raise ConnectionError('the browser has not started within a minute')

    def close(self):
        self.process.kill()
        self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def call(self, method, **parameters):
        self.count += 1
        self.socket.send(json.dumps({'id': self.count, 'method': method, 'params': parameters}))
        while True:
            message = json.loads(self.socket.receive())
            if message.get('id') == self.count:
                if 'error' in message:
                    raise RuntimeError('%s: %s' % (method, message['error']))
                return message['result']
            self.events.append(message)

    def evaluate(self, script):
        result = self.call('Runtime.evaluate', expression=script, returnByValue=True, awaitPromise=True)
        if 'exceptionDetails' in result:
            raise RuntimeError(result['exceptionDetails'])
        return result['result'].get('value')

    def open(self, address, width=1400, height=1000):
        self.call('Emulation.setDeviceMetricsOverride', width=width, height=height, deviceScaleFactor=1,
                  mobile=False)
        self.events = []
        self.call('Page.navigate', url=address)
        while not any(event['method'] == 'Page.loadEventFired' for event in self.events):
            self.events.append(json.loads(self.socket.receive()))
        self.evaluate('new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))')

    def complaints(self):
        """What a reader would find in the console."""
        said = [event['params']['entry']['text'] for event in self.events
                if event['method'] == 'Log.entryAdded']
        said += [str(event['params']) for event in self.events
                 if event['method'] in ('Runtime.exceptionThrown', 'Network.loadingFailed')]
        return said + [str(event['params']['args']) for event in self.events
                       if event['method'] == 'Runtime.consoleAPICalled']

    def media(self, kind='', scheme='light'):
        self.call('Emulation.setEmulatedMedia', media=kind,
                  features=[{'name': 'prefers-color-scheme', 'value': scheme}])

    def mouse(self, x, y):
        self.call('Input.dispatchMouseEvent', type='mouseMoved', x=x, y=y)

    def key(self, name, code):
        for kind in ('rawKeyDown', 'keyUp'):
            self.call('Input.dispatchKeyEvent', type=kind, key=name, code=name, windowsVirtualKeyCode=code)

    def picture(self):
        return base64.b64decode(self.call('Page.captureScreenshot')['data'])
