#!/usr/bin/python3
"""A window of WebKitGTK for WebKitWebDriver: as it comes, but that its console is written to standard output.

WebKitGTK's own MiniBrowser drops what the console says while it is driven.
"""

import sys

import gi

gi.require_version("Gtk", "3.0")
gi.require_version("WebKit2", "4.1")
from gi.repository import Gtk, WebKit2  # noqa: E402

folder = sys.argv[1]
store = WebKit2.WebsiteDataManager(base_data_directory=f"{folder}/data", base_cache_directory=f"{folder}/cache")
context = WebKit2.WebContext(website_data_manager=store)
settings = WebKit2.Settings(enable_write_console_messages_to_stdout=True)


def create_view(_session):
    view = WebKit2.WebView(web_context=context, settings=settings, is_controlled_by_automation=True)
    window = Gtk.Window()
    window.set_default_size(1200, 800)
    window.add(view)
    window.show_all()
    view.connect("close", lambda _view: Gtk.main_quit())

    return view


def start(_context, session):
    browser = WebKit2.ApplicationInfo()
    browser.set_name("WebKitGTK")
    browser.set_version(WebKit2.get_major_version(), WebKit2.get_minor_version(), WebKit2.get_micro_version())
    session.set_application_info(browser)
    session.connect("create-web-view", create_view)


context.connect("automation-started", start)
context.set_automation_allowed(True)
Gtk.main()
