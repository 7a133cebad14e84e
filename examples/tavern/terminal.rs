//! Talk in a terminal: lines come from a thread that waits for them.

use crate::director::Orders;
use crate::orders::{Order, typed};
use bevy::prelude::*;
use std::io::BufRead;
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, TryRecvError, sync_channel};

/// Lines that were typed.
#[derive(Resource)]
pub struct Lines(Mutex<Receiver<String>>);

/// Starts to listen.
pub fn listen() -> Lines {
    let (send, receive) = sync_channel(16);
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines().map_while(Result::ok) {
            if send.send(line).is_err() {
                return;
            }
        }
    });
    Lines(Mutex::new(receive))
}

/// Turns lines into orders.
pub fn hear(lines: Res<Lines>, mut orders: ResMut<Orders>) {
    let Ok(lines) = lines.0.lock() else { return };
    // As many as fit: who pastes a book waits with it.
    while orders.queue.len() < 64 {
        match lines.try_recv() {
            Ok(line) => match typed(&line) {
                Ok(Some(order)) => orders.queue.push_back(order),
                Ok(None) => {}
                Err(why) => eprintln!("{why}"),
            },
            Err(TryRecvError::Empty) => return,
            Err(TryRecvError::Disconnected) => {
                if !orders.is_last {
                    orders.queue.push_back(Order::Quit);
                    orders.is_last = true;
                }
                return;
            }
        }
    }
}
